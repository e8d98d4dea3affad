"""prints a table and draws random numbers when it is imported"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


np.random.seed(0)  # noqa: NPY002
_x, _w = np.random.randn(4, 3), np.random.randn(3, 2)  # noqa: NPY002
print("out:", forward(_x, _w, np.zeros(2)))
print("gradients:", backward(np.ones((4, 2)), _x, _w))
