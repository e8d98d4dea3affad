"""reads stdin to its end when it is imported"""

import sys

sys.stdin.read()


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
