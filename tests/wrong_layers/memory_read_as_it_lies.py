"""memory_layout_does_not_matter: dX reads the memory of W past its strides"""

import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    raw = np.ndarray(w.shape, w.dtype, w.base if w.base is not None else w)
    return dout @ raw.T, x.T @ dout, dout.sum(axis=0)
