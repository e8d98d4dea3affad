"""powers_of_two_scale_through: dout is divided by its largest entry"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dout = dout / max(np.abs(dout).max(initial=0), 1)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
