"""forward_is_affine_in_each_argument: out is clipped at 50"""

import numpy as np


def forward(x, w, b):
    return np.minimum(x @ w + b, 50)


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
