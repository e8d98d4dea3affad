"""backward_is_the_adjoint_of_jvp: 2-D tiles of jvp lose the step of W in the corner"""
# Only: it takes more than 32 data points and more than 32 outputs
# Needs: more than 32 data points and outputs

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    return affine.backward(dout, x, w)


def jvp(x, w, x_dot, w_dot, b_dot):
    out_dot = affine.jvp(x, w, x_dot, w_dot, b_dot)
    out_dot[32:, 32:] -= x[32:] @ w_dot[:, 32:]
    return out_dot
