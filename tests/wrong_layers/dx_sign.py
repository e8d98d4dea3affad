"""central_difference_is_twice_the_directional_derivative: dX has the wrong sign"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return -dout @ w.T, x.T @ dout, dout.sum(axis=0)
