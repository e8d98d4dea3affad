"""The bias and its gradient as products with a vector of ones."""

import numpy as np


def forward(x, w, b):
    ones = np.ones(len(x), b.dtype)
    return np.dot(x, w) + np.outer(ones, b)


def backward(dout, x, w):
    ones = np.ones(len(dout), dout.dtype)
    return np.dot(dout, w.T), np.dot(x.T, dout), np.dot(ones, dout)
