"""each_gradient_entry_is_a_unit_difference: dX has the wrong sign"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return -dout @ w.T, x.T @ dout, dout.sum(axis=0)
