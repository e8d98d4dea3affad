"""dW as a sum of outer products, one for each data point."""

import numpy as np


def forward(x, w, b):
    return np.stack([w.T @ row + b for row in x])


def backward(dout, x, w):
    dx = np.stack([w @ upstream for upstream in dout])
    dw = sum(np.outer(row, upstream) for row, upstream in zip(x, dout, strict=True))
    db = sum(dout[1:], dout[0].copy())
    return dx, dw, db
