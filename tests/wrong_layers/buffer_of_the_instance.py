"""later_batches_leave_earlier_results: out lives in a buffer of the instance"""

import numpy as np

import affine


class Affine:
    def __init__(self, w, b):
        self.w, self.b = w, b
        self.buffer = None

    def forward(self, x):
        self.x = x
        out = affine.forward(x, self.w, self.b)
        if self.buffer is None or self.buffer.shape != out.shape:
            self.buffer = np.empty_like(out)
        self.buffer[...] = out
        return self.buffer

    def backward(self, dout):
        return affine.backward(dout, self.x, self.w)
