"""A torch module that keeps a view of its weights from the first batch on."""

import torch


class Linear(torch.nn.Module):
    def __init__(self, d, m):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.empty(m, d))
        self.bias = torch.nn.Parameter(torch.empty(m))
        self.transposed = None

    def forward(self, x):
        if self.transposed is None:
            self.transposed = self.weight.T
        return x @ self.transposed + self.bias
