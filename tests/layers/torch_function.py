"""A function on tensors that torch differentiates."""

import torch


def affine(x, w, b):
    return torch.addmm(b, x, w)
