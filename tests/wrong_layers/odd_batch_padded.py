"""dw_is_xt_dout: an odd batch is filled up with its last data point"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dx, db = dout @ w.T, dout.sum(axis=0)
    if len(x) % 2:
        x, dout = (np.concatenate([array, array[-1:]]) for array in (x, dout))
    return dx, x[::2].T @ dout[::2] + x[1::2].T @ dout[1::2], db
