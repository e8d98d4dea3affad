"""db_is_the_column_sum_of_dout: db is squeezed, so that one output leaves it without an axis"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, np.squeeze(dout.sum(axis=0, keepdims=True))
