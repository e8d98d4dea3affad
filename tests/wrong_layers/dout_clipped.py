"""powers_of_two_scale_through: dout is clipped to [-1, 1] inside backward"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dout = np.clip(dout, -1, 1)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
