import numpy as np


def affine_forward(x, w, b):
    out = x @ w + b
    cache = (x, w)
    return out, cache


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout / x.shape[0]
    db = np.mean(dout, axis=0)
    return dx, dw, db
