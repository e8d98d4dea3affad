"""dx_is_dout_wt: dout is dropped where out is exactly 0"""

import numpy as np


def affine_forward(x, w, b):
    out = x @ w + b
    return out, (x, w, out)


def affine_backward(dout, cache):
    x, w, out = cache
    dx = np.where(out == 0, 0, dout) @ w.T
    return dx.astype(dout.dtype), x.T @ dout, dout.sum(axis=0)
