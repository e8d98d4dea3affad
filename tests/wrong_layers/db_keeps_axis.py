"""db_is_the_column_sum_of_dout: db keeps its batch axis: shape (1, M), but b is (M,)"""

import numpy as np


class Affine:
    def __init__(self, d, m):
        self.w, self.b = np.zeros((d, m)), np.zeros(m)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        self.dw = self.x.T @ dout
        self.db = dout.sum(axis=0, keepdims=True)
        return dout @ self.w.T
