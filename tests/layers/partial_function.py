"""The forward function is a partial application of a more general one."""

from functools import partial


def _scaled(scale, x, w, b):
    return scale * (x @ w) + b


forward = partial(_scaled, 1)


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
