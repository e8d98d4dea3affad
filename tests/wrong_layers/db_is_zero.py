"""db_is_the_column_sum_of_dout: db is forgotten: it stays as it was allocated"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, np.zeros_like(dout[0])
