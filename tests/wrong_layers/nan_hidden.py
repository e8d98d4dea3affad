"""nan_taints_exactly_what_depends_on_it: NaN in dout is replaced by 0"""

import numpy as np

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    return affine.backward(np.where(np.isnan(dout), np.zeros_like(dout), dout), x, w)
