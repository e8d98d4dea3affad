"""A class that keeps a transpose beside W, and renews it whenever it updates W itself."""


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.WT = W.T.copy()

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.WT

    def step(self, rate):
        self.W -= rate * self.dW
        self.b -= rate * self.db
        self.WT = self.W.T.copy()
