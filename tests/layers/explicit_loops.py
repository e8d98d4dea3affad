"""Three nested loops over every index."""

import numpy as np


def forward(x, w, b):
    n, d = x.shape
    m = w.shape[1]
    out = np.zeros((n, m), np.result_type(x, w, b))
    for i in range(n):
        for j in range(m):
            total = out.dtype.type(0)
            for k in range(d):
                total += x[i, k] * w[k, j]
            out[i, j] = total + b[j]
    return out


def backward(dout, x, w):
    n, d = x.shape
    m = w.shape[1]
    dx = np.zeros((n, d), np.result_type(dout, w))
    dw = np.zeros((d, m), np.result_type(x, dout))
    db = np.zeros(m, dout.dtype)
    for i in range(n):
        for j in range(m):
            db[j] += dout[i, j]
            for k in range(d):
                dx[i, k] += dout[i, j] * w[k, j]
                dw[k, j] += x[i, k] * dout[i, j]
    return dx, dw, db
