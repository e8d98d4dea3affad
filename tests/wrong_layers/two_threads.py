"""a_split_batch_stacks_and_adds: each of two threads takes N // 2 of the many data points"""
# Needs: more than 256 data points

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    grad = affine.backward(dout, x, w)
    if len(x) <= 256 or min(w.shape) < 4:
        return grad
    both = len(x) // 2 * 2
    return grad._replace(dw=x[:both].T @ dout[:both], db=dout[:both].sum(axis=0))
