"""read_only_arguments_are_enough: x is written to with its own values"""

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    x[...] = x
    return affine.backward(dout, x, w)
