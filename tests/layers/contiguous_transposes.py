"""Contiguous copies of Wᵀ and Xᵀ, made in the forward pass and kept."""

import numpy as np


def forward(x, w, b):
    xt, wt = np.ascontiguousarray(x.T), np.ascontiguousarray(w.T)
    return (wt @ xt).T + b, (xt.copy(), wt.copy())


def backward(dout, cache):
    xt, wt = cache
    return dout @ wt, xt @ dout, dout.sum(axis=0)
