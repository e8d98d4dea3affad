"""The batch is halved until one data point is left; halves are stacked and added."""

import numpy as np


def forward(x, w, b):
    if len(x) <= 1:
        return x @ w + b
    half = len(x) // 2
    return np.concatenate([forward(x[:half], w, b), forward(x[half:], w, b)])


def backward(dout, x, w):
    if len(x) <= 1:
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)
    half = len(x) // 2
    first = backward(dout[:half], x[:half], w)
    second = backward(dout[half:], x[half:], w)
    return np.concatenate([first[0], second[0]]), first[1] + second[1], first[2] + second[2]
