"""an_instance_sees_its_updated_parameters: Wᵀ is copied in the first backward pass and kept"""

import affine


class Affine:
    def __init__(self, w, b):
        self.w, self.b = w, b
        self.w_transposed = None

    def forward(self, x):
        self.x = x
        return affine.forward(x, self.w, self.b)

    def backward(self, dout):
        if self.w_transposed is None:
            self.w_transposed = self.w.T.copy()
        grad = affine.backward(dout, self.x, self.w)
        self.dw, self.db = grad.dw, grad.db
        return dout @ self.w_transposed
