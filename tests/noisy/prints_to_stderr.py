"""prints many lines to stderr in each call"""

import sys


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    for line in range(300):
        print("debug", line, x.shape, file=sys.stderr)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
