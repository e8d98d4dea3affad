"""powers_of_two_scale_through: dW is scaled up by 2^900 and down again on the way"""

import numpy as np

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    scaled = x.T.astype(float) @ (dout.astype(float) * 2.0**900)
    dw = (scaled / 2.0**900).astype(np.result_type(x, dout))
    return affine.backward(dout, x, w)._replace(dw=dw)
