"""per_sample_gradients_are_the_terms_of_the_sum: per-sample dW carries a 1/N"""

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    return affine.backward(dout, x, w)


def per_sample_gradients(dout, x, w):
    dx, dw, db = affine.per_sample_gradients(dout, x, w)
    return dx, dw / max(len(x), 1), db
