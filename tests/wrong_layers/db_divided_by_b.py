"""db_is_the_column_sum_of_dout: db is multiplied by b / b, which is NaN where b is 0"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w, b):
    with np.errstate(all="ignore"):
        ones = b / b
    return dout @ w.T, x.T @ dout, dout.sum(axis=0) * ones
