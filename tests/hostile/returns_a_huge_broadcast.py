"""returns a gradient of 10**12 entries that takes no memory"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, np.broadcast_to(x[0, 0], (10**6, 10**6)), dout.sum(axis=0)
