"""an_instance_may_be_used_again: a torch module goes on with its first batch"""

import torch


class Linear(torch.nn.Module):
    def __init__(self, d, m):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.empty(m, d))
        self.bias = torch.nn.Parameter(torch.empty(m))
        self.x = None

    def forward(self, x):
        if self.x is None or len(x) != len(self.x):
            self.x = x
        return torch.nn.functional.linear(self.x, self.weight, self.bias)
