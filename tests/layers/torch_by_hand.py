"""Forward and backward by hand, on tensors, with a cache."""

import torch  # noqa: F401 (says on what it works)


class Linear:
    @staticmethod
    def forward(x, w, b):
        out = x.reshape(x.shape[0], -1).mm(w) + b
        return out, (x, w, b)

    @staticmethod
    def backward(dout, cache):
        x, w, _ = cache
        dx = dout.mm(w.t()).reshape(x.shape)
        dw = x.reshape(x.shape[0], -1).t().mm(dout)
        return dx, dw, dout.sum(dim=0)
