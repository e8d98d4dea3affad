"""forward_is_x_w_plus_b: the bias is repeated entry by entry, where it should be tiled"""

import numpy as np


def forward(x, w, b):
    n, m = len(x), w.shape[1]
    return x @ w + np.repeat(b, n).reshape(n, m)


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
