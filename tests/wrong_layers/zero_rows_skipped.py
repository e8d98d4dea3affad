"""infinities_travel_as_in_a_matrix_product: zeros of X are skipped, so 0·∞ is lost"""

import numpy as np


def forward(x, w, b):
    out = np.zeros((len(x), w.shape[1]), np.result_type(x, w))
    for d in range(len(w)):
        rows = x[:, d] != 0
        out[rows] += x[rows, d][:, None] * w[d]
    return out + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
