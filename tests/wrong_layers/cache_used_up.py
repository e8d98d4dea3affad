"""backward_twice_gives_the_same: the backward pass clears what the forward pass stored"""


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        self.x = 0 * self.x
        return dout @ self.W.T
