"""later_calls_leave_earlier_results: out lives in a buffer that the next call reuses"""

import numpy as np

_buffer = np.empty(2**16)


def forward(x, w, b):
    out = _buffer[: len(x) * len(b)].reshape(len(x), len(b))
    out[...] = x @ w + b
    return out


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
