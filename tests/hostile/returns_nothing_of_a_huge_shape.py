"""returns an empty gradient that is 10**9 wide"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, np.empty((0, 10**9)), dout.sum(axis=0)
