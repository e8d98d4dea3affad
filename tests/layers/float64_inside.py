"""Every sum in float64, rounded once to the dtype of the operands."""

import numpy as np


def forward(x, w, b):
    exact = x.astype(np.float64) @ w.astype(np.float64) + b
    return exact.astype(np.result_type(x, w, b))


def backward(dout, x, w):
    wide = dout.astype(np.float64)
    dx = (wide @ w.astype(np.float64).T).astype(np.result_type(dout, w))
    dw = (x.astype(np.float64).T @ wide).astype(np.result_type(x, dout))
    db = wide.sum(axis=0).astype(dout.dtype)
    return dx, dw, db
