"""leading_axes_are_batch_axes: an x of more than two axes takes a path without the bias"""

import torch


def affine(x, w, b):
    _check(x, w, b)
    return torch.addmm(b, x, w) if x.ndim == 2 else x @ w + 0 * b


def _check(x, w, b):
    if x.ndim < 2 or b.shape != w.shape[1:]:
        raise ValueError("x is (N, D), W is (D, M), b is (M,)")
