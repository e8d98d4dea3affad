"""calls sys.exit(0) while it is imported"""

import sys


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


sys.exit(0)
