"""dw_is_xt_dout: dW is the sum of X alone, without dout"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ np.ones_like(dout), dout.sum(axis=0)
