"""closes every open file descriptor in each call"""

import os


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    os.closerange(0, 256)
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
