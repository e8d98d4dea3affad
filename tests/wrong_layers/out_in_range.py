"""infinities_travel_as_in_a_matrix_product: out is clipped to the range of its format"""

import numpy as np

import affine


def forward(x, w, b):
    out = affine.forward(x, w, b)
    limits = np.finfo(out.dtype)
    return np.clip(out, limits.min, limits.max)


def backward(dout, x, w):
    return affine.backward(dout, x, w)
