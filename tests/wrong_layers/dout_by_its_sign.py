"""powers_of_two_scale_through: only the sign of dout is used"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return np.sign(dout) @ w.T, x.T @ np.sign(dout), np.sign(dout).sum(axis=0)
