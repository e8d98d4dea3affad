"""x_transposed_dx_is_dw_w_transposed: dX leaves out the outputs after the last panel of 256"""
# Only: it takes more than 256 outputs and no short side
# Needs: more than 256 outputs

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    grad = affine.backward(dout, x, w)
    m = dout.shape[1]
    if m <= 256 or min(x.shape) < 4:
        return grad
    whole = m // 256 * 256
    return grad._replace(dx=dout[:, :whole] @ w[:, :whole].T)
