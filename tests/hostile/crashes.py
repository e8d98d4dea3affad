"""reads from address 0 in backward"""

import ctypes


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    ctypes.string_at(0)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
