"""an_instance_may_be_used_again: an instance keeps the first batch that it ever saw"""

import affine


class Affine:
    def __init__(self, w, b):
        self._w, self._b = w, b
        self.first = None

    def forward(self, x):
        if self.first is None:
            self.first = x
        self.x = x
        return affine.forward(x, self._w, self._b)

    def backward(self, dout):
        grad = affine.backward(dout, self.x, self._w)
        rows = min(len(self.first), len(dout))
        self.dw = self.first[:rows].T @ dout[:rows]
        self.db = grad.db
        return grad.dx
