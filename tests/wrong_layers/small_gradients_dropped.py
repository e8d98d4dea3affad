"""powers_of_two_scale_through: gradients below 1e-3 are set to 0"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dw = x.T @ dout
    return dout @ w.T, np.where(np.abs(dw) < 1e-3, 0, dw).astype(dw.dtype), dout.sum(axis=0)
