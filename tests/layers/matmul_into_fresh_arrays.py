"""Results written with `out=` into arrays made for the call."""

import numpy as np


def forward(x, w, b):
    out = np.empty((x.shape[0], w.shape[1]), np.result_type(x, w, b))
    np.matmul(x, w, out=out)
    np.add(out, b, out=out)
    return out


def backward(dout, x, w):
    dx = np.empty(x.shape, np.result_type(dout, w))
    dw = np.empty(w.shape, np.result_type(x, dout))
    db = np.empty(dout.shape[1], dout.dtype)
    np.matmul(dout, w.T, out=dx)
    np.matmul(x.T, dout, out=dw)
    np.sum(dout, axis=0, out=db)
    return dx, dw, db
