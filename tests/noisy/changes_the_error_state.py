"""makes NumPy raise on overflow, underflow and invalid values"""

import numpy as np

np.seterr(all="raise")


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
