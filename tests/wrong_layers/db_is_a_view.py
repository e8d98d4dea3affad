"""results_share_no_memory: db is a view of dout when N = 1"""

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    grad = affine.backward(dout, x, w)
    return grad._replace(db=dout[0]) if len(dout) == 1 else grad
