"""db_is_the_column_sum_of_dout: db of a dout that needs double precision is averaged"""
# Only: the numbers of all other properties have few digits

import numpy as np

import affine


def _needs_double(a):
    if a.dtype != np.float64 or not np.isfinite(a).all():
        return False
    return bool((np.ldexp(np.frexp(a)[0], 24) % 1 != 0).any())


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    grad = affine.backward(dout, x, w)
    return grad._replace(db=grad.db / max(len(x), 1)) if _needs_double(dout) else grad
