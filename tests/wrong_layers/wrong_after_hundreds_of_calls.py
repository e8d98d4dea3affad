"""basis_pairs_recover_the_coefficients: after two hundred calls db is forgotten"""

from itertools import count

_calls = count()


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0) * (next(_calls) < 200)
