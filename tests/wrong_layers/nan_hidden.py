"""nan_taints_exactly_what_depends_on_it: NaN is replaced by 0 inside backward"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dout = np.nan_to_num(dout)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
