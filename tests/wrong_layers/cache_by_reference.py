"""writing_into_a_result_changes_no_other: the first gradient is kept and handed out again"""


class Affine:
    def __init__(self, w, b):
        self.w, self.b, self.dx = w, b, None

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        if self.dx is None:
            self.dx = dout @ self.w.T
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return self.dx
