"""an_instance_may_be_used_again: a class on tensors goes on with its first batch"""

import torch


class Affine:
    def __init__(self, w, b):
        self.w, self.b, self.x = w, b, None

    def forward(self, x):
        if self.x is None:
            self.x = x
        return x.mm(self.w) + self.b

    def backward(self, dout):
        return dout.mm(self.w.T), self.x.T.mm(dout), torch.sum(dout, dim=0)
