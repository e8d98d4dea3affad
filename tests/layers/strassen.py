"""Strassen's seven products instead of eight, on padded halves."""

import numpy as np


def halves(a, rows, columns):
    padded = np.zeros((2 * rows, 2 * columns), a.dtype)
    padded[: a.shape[0], : a.shape[1]] = a
    return [padded[:rows, :columns], padded[:rows, columns:],
            padded[rows:, :columns], padded[rows:, columns:]]  # fmt: skip


def product(a, b):
    n, k, m = (-(-size // 2) for size in (*a.shape, b.shape[1]))
    a11, a12, a21, a22 = halves(a, n, k)
    b11, b12, b21, b22 = halves(b, k, m)
    m1 = (a11 + a22) @ (b11 + b22)
    m2 = (a21 + a22) @ b11
    m3 = a11 @ (b12 - b22)
    m4 = a22 @ (b21 - b11)
    m5 = (a11 + a12) @ b22
    m6 = (a21 - a11) @ (b11 + b12)
    m7 = (a12 - a22) @ (b21 + b22)
    whole = np.block([[m1 + m4 - m5 + m7, m3 + m5], [m2 + m4, m1 - m2 + m3 + m6]])
    return whole[: a.shape[0], : b.shape[1]].copy()


def forward(x, w, b):
    return product(x, w) + b


def backward(dout, x, w):
    return product(dout, w.T), product(x.T, dout), dout.sum(axis=0)
