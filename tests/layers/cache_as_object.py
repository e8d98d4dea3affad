"""A cache as an object that computes the gradients when it is asked."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Saved:
    x: np.ndarray
    w: np.ndarray

    def pull(self, dout):
        return dout @ self.w.T, self.x.T @ dout, dout.sum(axis=0)


def forward(x, w, b):
    return x @ w + b, Saved(x, w)


def backward(dout, saved):
    return saved.pull(dout)
