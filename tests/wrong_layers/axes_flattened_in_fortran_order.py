"""extra_axes_of_x_are_flattened: the dx of an x of several axes is in Fortran order"""


def affine_forward(x, w, b):
    flat = x.reshape(len(x), -1)
    return flat @ w + b, (x.shape, flat, w)


def affine_backward(dout, cache):
    shape, flat, w = cache
    dx = (dout @ w.T).reshape(shape, order="F")
    return dx, flat.T @ dout, dout.sum(axis=0)
