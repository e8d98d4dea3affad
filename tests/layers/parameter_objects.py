"""A class of sizes whose parameters are objects with a value and a gradient."""

import numpy as np


class Param:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)


class FullyConnectedLayer:
    def __init__(self, n_input, n_output):
        self.W = Param(0.001 * np.random.randn(n_input, n_output))  # noqa: NPY002 (as people write it)
        self.B = Param(0.001 * np.random.randn(1, n_output))  # noqa: NPY002 (as people write it)
        self.X = None

    def forward(self, X):
        self.X = X
        return X @ self.W.value + self.B.value

    def backward(self, d_out):
        self.W.grad = self.X.T @ d_out
        self.B.grad = np.sum(d_out, axis=0, keepdims=True)
        return d_out @ self.W.value.T

    def params(self):
        return {"W": self.W, "B": self.B}
