"""forward_is_x_w_plus_b: out goes through a ReLU, which belongs to the next layer"""

import numpy as np


def forward(x, w, b):
    return np.maximum(x @ w + b, 0)


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
