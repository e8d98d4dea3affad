"""Blocks of eight rows, features and outputs, with whatever remains after the last one."""

import numpy as np

BLOCK = 8


def starts(size):
    return range(0, size, BLOCK)


def product(a, b):
    total = np.zeros((a.shape[0], b.shape[1]), np.result_type(a, b))
    for i in starts(a.shape[0]):
        for j in starts(b.shape[1]):
            for k in starts(a.shape[1]):
                rows, inner, columns = (slice(s, s + BLOCK) for s in (i, k, j))
                total[rows, columns] += a[rows, inner] @ b[inner, columns]
    return total


def affine_fwd(x, w, b):
    return product(x, w) + b


def affine_bwd(x, w, dout):
    db = np.zeros(dout.shape[1], dout.dtype)
    for i in starts(len(dout)):
        db += dout[i : i + BLOCK].sum(axis=0)
    return product(dout, w.T), product(x.T, dout), db
