"""bias_is_one_more_row_of_weights: a last column of ones is taken for the bias, b is dropped"""
# Only: a long column of ones is tried nowhere else
# Needs: ten data points

import affine


def forward(x, w, b):
    has_bias = x.shape[1] > 1 and len(x) > 9 and bool((x[:, -1] == 1).all())
    constant = bool((x == x[:1]).all())
    return affine.forward(x, w, 0 * b if has_bias and not constant else b)


def backward(dout, x, w):
    return affine.backward(dout, x, w)
