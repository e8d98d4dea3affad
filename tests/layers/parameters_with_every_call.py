"""A class that is given its parameters with every forward pass."""


class Affine:
    def forward(self, x, w, b):
        self.x, self.w = x, w
        return x @ w + b

    def backward(self, dout):
        return dout @ self.w.T, self.x.T @ dout, dout.sum(axis=0)
