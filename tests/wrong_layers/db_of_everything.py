"""db_is_the_column_sum_of_dout: db is the sum of all of dout, in every place"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, np.full(dout.shape[1], dout.sum())
