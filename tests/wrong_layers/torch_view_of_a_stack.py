"""leading_axes_are_batch_axes: `view` takes a stack for packed, where `reshape` would not"""

import torch


def affine(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    _check(x, w, b)
    rows = x.view(-1, x.shape[-1]) if x.ndim > 2 else x
    return (rows @ w + b).view(*x.shape[:-1], len(b))


def _check(x, w, b):
    if x.ndim < 2 or x.shape[-1] != len(w) or b.shape != w.shape[1:]:
        raise ValueError("x is (N, D), W is (D, M), b is (M,)")
