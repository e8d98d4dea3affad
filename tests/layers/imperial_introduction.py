"""The LinearLayer of Imperial's introductory course: names with an underscore, and `current`."""

import numpy as np


class LinearLayer:
    def __init__(self, n_in, n_out):
        self.n_in = n_in
        self.n_out = n_out
        self._W = np.zeros((n_in, n_out))
        self._b = np.zeros((1, n_out))
        self._cache_current = None
        self._grad_W_current = None
        self._grad_b_current = None

    def forward(self, x):
        self._cache_current = x
        return x @ self._W + self._b

    def __call__(self, x):
        return self.forward(x)

    def backward(self, grad_z):
        self._grad_W_current = self._cache_current.T @ grad_z
        self._grad_b_current = np.sum(grad_z, axis=0, keepdims=True)
        return grad_z @ self._W.T

    def update_params(self, learning_rate):
        self._W = self._W - learning_rate * self._grad_W_current
        self._b = self._b - learning_rate * self._grad_b_current
