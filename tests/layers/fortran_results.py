"""Results in Fortran order."""

import numpy as np


def forward(x, w, b):
    return np.asfortranarray(x @ w + b)


def backward(dout, x, w):
    return np.asfortranarray(dout @ w.T), (dout.T @ x).T, dout.sum(axis=0)
