"""memory_layout_does_not_matter: rows of dout that lie apart are read as if they were packed"""

import numpy as np

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    return affine.backward(_packed(dout), x, w)


def _packed(array):
    row, step = array.strides
    if row <= 0 or step != array.itemsize:
        return array
    length = array.shape[1] * step
    return np.lib.stride_tricks.as_strided(array, array.shape, (length, step))
