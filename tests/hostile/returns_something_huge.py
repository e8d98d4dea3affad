"""returns a gradient of 200 MB"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, np.zeros(25_000_000), dout.sum(axis=0)
