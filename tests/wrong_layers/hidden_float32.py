"""dx_is_dout_wt: products are computed in float32"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def _product(a, b):
    narrow = np.float32 if a.dtype == np.float64 else a.dtype
    return (a.astype(narrow) @ b.astype(narrow)).astype(a.dtype)


def backward(dout, x, w):
    return _product(dout, w.T), _product(x.T, dout), dout.sum(axis=0)
