"""Every sum with math.fsum, which rounds once."""

from math import fsum

import numpy as np


def product(a, b, start=None):
    out = np.empty((a.shape[0], b.shape[1]), np.result_type(a, b))
    for i, row in enumerate(a.astype(np.float64)):
        for j, column in enumerate(b.T.astype(np.float64)):
            first = [] if start is None else [float(start[j])]
            out[i, j] = fsum([*first, *(row * column)])
    return out


def forward(x, w, b):
    return product(x, w, b)


def backward(dout, x, w):
    db = np.array([fsum(column) for column in dout.T.astype(np.float64)], dout.dtype)
    return product(dout, w.T), product(x.T, dout), db
