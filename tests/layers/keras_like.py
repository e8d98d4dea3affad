"""A Dense like Keras's: a number of units, and weights that the first forward pass makes."""

import numpy as np


class Dense:
    def __init__(self, units, activation=None):
        self.units = units
        self.activation = activation
        self.W = None
        self.b = None

    def forward(self, X):
        if self.W is None:
            self.W = np.zeros((X.shape[1], self.units))
            self.b = np.zeros((1, self.units))
        self.X = X
        Z = X @ self.W + self.b
        return Z if self.activation is None else self.activation(Z)

    def backward(self, dZ):
        self.dW = self.X.T @ dZ
        self.db = np.sum(dZ, axis=0, keepdims=True)
        return dZ @ self.W.T
