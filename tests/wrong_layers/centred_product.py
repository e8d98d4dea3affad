"""rounding_stays_within_the_bound: dW is taken from a centred dout, and the rest added after"""

import numpy as np

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    grad = affine.backward(dout, x, w)
    if len(x) == 0 or not (np.isfinite(x).all() and np.isfinite(dout).all()):
        return grad
    return grad._replace(dw=x.T @ (dout - dout[0]) + x.sum(axis=0)[:, None] * dout[0])
