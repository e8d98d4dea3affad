"""Kahan's compensated summation, term by term."""

import numpy as np


def compensated(terms):
    total = np.zeros_like(terms[0])
    lost = np.zeros_like(terms[0])
    for term in terms:
        corrected = term - lost
        larger = total + corrected
        lost = (larger - total) - corrected
        total = larger
    return total


def product(a, b):
    return compensated([np.multiply.outer(a[:, k], b[k]) for k in range(a.shape[1])])


def forward(x, w, b):
    return product(x, w) + b


def backward(dout, x, w):
    return product(dout, w.T), product(x.T, dout), compensated(list(dout))
