"""memory_layout_does_not_matter: W is read with its number of columns as leading dimension"""

import numpy as np


def forward(x, w, b):
    return x @ _as_blas_reads(w) + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def _as_blas_reads(array):
    if min(array.strides) <= 0 or array.strides[1] != array.itemsize:
        return array
    flat = np.lib.stride_tricks.as_strided(array, (array.size,), (array.itemsize,))
    return flat.reshape(array.shape)
