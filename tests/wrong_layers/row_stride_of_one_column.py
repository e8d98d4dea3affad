"""memory_layout_does_not_matter: a column of a wider dout is read as if its rows were packed"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    if dout.shape[1] == 1 and dout.strides[0] > 0:
        dout = np.lib.stride_tricks.as_strided(dout, dout.shape, (dout.itemsize, dout.itemsize))
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
