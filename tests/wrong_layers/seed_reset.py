"""the_process_is_left_as_it_was: the global random seed is reset in every forward pass"""

import numpy as np


def forward(x, w, b):
    np.random.seed(0)  # noqa: NPY002
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
