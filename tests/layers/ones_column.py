"""The bias as one more row of the weights, under a column of ones."""

import numpy as np


def augmented(x):
    return np.concatenate([x, np.ones((len(x), 1), x.dtype)], axis=1)


def forward(x, w, b):
    return augmented(x) @ np.vstack([w, b])


def backward(dout, x, w):
    both = augmented(x).T @ dout
    return dout @ w.T, both[:-1].copy(), both[-1].copy()
