"""np.dot, and the reduction of the add function."""

import numpy as np


def affine_fwd(x, w, b):
    return np.add(np.dot(x, w), b)


def affine_bwd(x, w, dout):
    return np.dot(dout, np.transpose(w)), np.dot(np.transpose(x), dout), np.add.reduce(dout, 0)
