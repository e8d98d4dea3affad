import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.default_rng().normal(size=(n_out, n_in))
        self.b = np.zeros((n_out, 1))
        self.zero_grad()

    def zero_grad(self):
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return self.W @ x + self.b

    def backward(self, dout):
        self.dW += dout @ self.x.T
        self.db += dout.sum(axis=1, keepdims=True)
        return self.W.T @ dout
