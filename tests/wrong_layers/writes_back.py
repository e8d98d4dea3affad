"""read_only_arguments_are_enough: x is written to with its own values"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    x += 0
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
