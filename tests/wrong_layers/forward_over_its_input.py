"""dw_is_xt_dout: X·W is written over X, where it fits, and the backward pass takes it for X"""

import numpy as np


def affine_forward(x, w, b):
    fits = len(w) == len(w.T) and x.flags.writeable and x.dtype == w.dtype
    out = np.matmul(x, w, out=x) if fits else x @ w
    return out + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
