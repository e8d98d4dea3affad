"""integer_sums_are_exact: db is N times the mean, so it is rounded twice on the way"""
# Needs: an N by which dividing rounds

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    n = max(len(dout), 1)
    return affine.backward(dout, x, w)._replace(db=(dout / n).sum(axis=0) * n)
