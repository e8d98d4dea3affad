"""arguments_are_not_modified: adding 0 in place takes the sign from a zero of X"""


def forward(x, w, b):
    x += 0
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
