"""db_is_the_column_sum_of_dout: `squeeze` takes the only axis of db where there is one output"""

import torch


class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w)
        return x @ w + b

    @staticmethod
    def backward(ctx, dout):
        x, w = ctx.saved_tensors
        return dout @ w.t(), x.t() @ dout, dout.sum(0).squeeze(0)
