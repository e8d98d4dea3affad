"""an_instance_may_be_used_again: from the third batch on, x of the second one is kept"""

import affine


class Affine:
    def __init__(self, w, b):
        self.w, self.b = w, b
        self.batches = 0

    def forward(self, x):
        self.batches += 1
        if self.batches <= 2:
            self.x = x
        return affine.forward(x, self.w, self.b)

    def backward(self, dout):
        rows = min(len(self.x), len(dout))
        grad = affine.backward(dout[:rows], self.x[:rows], self.w)
        return dout @ self.w.T, grad.dw, dout.sum(axis=0)
