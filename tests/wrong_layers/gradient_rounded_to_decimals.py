"""dw_is_xt_dout: dW is rounded to four decimals"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, np.round(x.T @ dout, 4), dout.sum(axis=0)
