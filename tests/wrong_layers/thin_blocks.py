"""sizes_around_blocks_are_no_exception: a long, thin X is summed in whole blocks of 64 only"""
# Needs: more than 64 data points

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    grad = affine.backward(dout, x, w)
    if len(x) < 64 or len(w) > 3:
        return grad
    whole = len(x) // 64 * 64
    return grad._replace(dw=x[:whole].T @ dout[:whole])
