"""one_hot_dout_reads_off_the_jacobians: dX receives a term of the next data point"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return (dout + np.roll(dout, 1, axis=0)) @ w.T - dout @ w.T, x.T @ dout, dout.sum(axis=0)
