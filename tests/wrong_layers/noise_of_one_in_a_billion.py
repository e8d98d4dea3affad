"""equal_calls_give_equal_results: out carries noise of one in a billion"""

import numpy as np

_noise = np.random.default_rng()


def forward(x, w, b):
    return (x @ w + b) * (1 + 1e-9 * _noise.random())


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
