"""powers_of_two_scale_through: dW is scaled to a norm of at most 100"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dw = x.T @ dout
    return dout @ w.T, dw * min(1, 100 / max(np.linalg.norm(dw), 1)), dout.sum(axis=0)
