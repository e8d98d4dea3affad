"""features_may_be_permuted_and_scaled: dW leaves out the features after the last panel of 256"""
# Only: it takes more than 256 features and no short side
# Needs: more than 256 features

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    dx, dw, db = affine.backward(dout, x, w)
    if len(w) > 256 and min(dout.shape) > 3:
        dw[len(w) // 256 * 256 :] = 0
    return dx, dw, db
