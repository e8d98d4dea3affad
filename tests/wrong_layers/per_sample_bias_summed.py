"""per_sample_gradients_are_the_terms_of_the_sum: each row of the per-sample db is the sum of all"""

import numpy as np

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    return affine.backward(dout, x, w)


def per_sample_gradients(dout, x, w):
    dx, dw, db = affine.per_sample_gradients(dout, x, w)
    return dx, dw, np.tile(db.sum(axis=0), (len(db), 1))
