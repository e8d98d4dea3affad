"""dtypes_follow_promotion: every result is float64"""

import affine


def forward(x, w, b):
    return affine.forward(x, w, b).astype(float)


def backward(dout, x, w):
    return tuple(grad.astype(float) for grad in affine.backward(dout, x, w))
