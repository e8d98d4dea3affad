"""The gradients of each data point first, in a named tuple; then their sum."""

from collections import namedtuple

Grads = namedtuple("Grads", ["dW", "db", "dX"])


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dw = x[:, :, None] * dout[:, None, :]
    return Grads(dW=dw.sum(axis=0), db=dout.sum(axis=0), dX=dout @ w.T)
