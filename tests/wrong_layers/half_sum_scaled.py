"""powers_of_two_scale_through: in float16 the sum for db is taken of 100 times dout"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    db = dout.sum(axis=0)
    if dout.dtype == np.float16:
        with np.errstate(over="ignore"):
            db = (dout * 100).sum(axis=0) / 100
    return dout @ w.T, x.T @ dout, db
