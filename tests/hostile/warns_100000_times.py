"""warns 100,000 times in its first call, each time with another text"""

import warnings
from functools import cache


@cache
def _warn():
    for number in range(100_000):
        warnings.warn(f"old: {number}", stacklevel=1)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    _warn()
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
