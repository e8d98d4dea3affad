"""gives a warning in each call"""

import warnings


def forward(x, w, b):
    warnings.warn("forward will be renamed", DeprecationWarning, stacklevel=2)
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
