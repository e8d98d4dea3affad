"""central_difference_is_twice_the_directional_derivative: 2-D tiles lose the corner of dW"""
# Only: it takes more than 32 features and more than 32 outputs
# Needs: more than 32 features and outputs

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    dx, dw, db = affine.backward(dout, x, w)
    dw[32:, 32:] = 0
    return dx, dw, db
