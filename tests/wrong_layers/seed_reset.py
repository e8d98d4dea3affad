"""the_process_is_left_as_it_was: the global random seed is reset in every forward pass"""

import numpy as np

import affine


def forward(x, w, b):
    np.random.seed(0)  # noqa: NPY002
    return affine.forward(x, w, b)


def backward(dout, x, w):
    return affine.backward(dout, x, w)
