"""A torch module with weights of its own, stored as inputs × outputs."""

import torch
from torch import nn


class Affine(nn.Module):
    def __init__(self, d, m):
        super().__init__()
        self.w = nn.Parameter(torch.randn(d, m))
        self.b = nn.Parameter(torch.zeros(m))

    def forward(self, x):
        return x @ self.w + self.b
