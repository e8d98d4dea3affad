"""arguments_are_not_modified: dout is cleared at the end, where it can be written to"""

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    grad = affine.backward(dout, x, w)
    if dout.flags.writeable:
        dout *= 0
    return grad
