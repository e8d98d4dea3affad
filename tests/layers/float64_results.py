"""More precision than asked for: results are float64 whatever the operands are."""

import numpy as np


def forward(x, w, b):
    return np.asarray(x, np.float64) @ np.asarray(w, np.float64) + b


def backward(dout, x, w):
    x, w, dout = (np.asarray(array, np.float64) for array in (x, w, dout))
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
