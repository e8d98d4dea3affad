"""warns with a text of 50 MB"""

import warnings


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    warnings.warn("x" * 50_000_000, stacklevel=1)
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
