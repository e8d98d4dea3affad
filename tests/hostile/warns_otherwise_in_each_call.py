"""warns in each call with another text"""

import warnings
from itertools import count

_calls = count()


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    warnings.warn(f"call {next(_calls)} " + "x" * 1000, stacklevel=1)
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
