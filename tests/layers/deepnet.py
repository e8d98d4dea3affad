"""A FullyConnected like deepnet's: backward returns dx and a list of dW and db."""

import numpy as np


class FullyConnected:
    def __init__(self, in_size, out_size):
        self.W = np.zeros((in_size, out_size))
        self.b = np.zeros((1, out_size))
        self.params = [self.W, self.b]

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, dout):
        dW = self.X.T @ dout
        db = np.sum(dout, axis=0)
        dX = dout @ self.W.T
        return dX, [dW, db]
