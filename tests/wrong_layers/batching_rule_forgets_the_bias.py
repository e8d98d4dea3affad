"""vmap_equals_a_loop: the batching rule of a function forgets the bias"""

import torch


class Affine(torch.autograd.Function):
    @staticmethod
    def forward(x, w, b):
        _check(x, w, b)
        return x @ w + b

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, dout):
        x, w, _ = ctx.saved_tensors
        return dout @ w.mT, x.mT @ dout, dout.sum(-2) + 0

    @staticmethod
    def vmap(info, in_dims, x, w, b):
        return x @ w, 0


def _check(x, w, b):
    if x.ndim < 2 or b.shape != w.shape[1:]:
        raise ValueError("x is (N, D), W is (D, M), b is (M,)")
