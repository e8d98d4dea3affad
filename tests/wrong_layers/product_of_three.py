"""central_difference_is_twice_the_directional_derivative: out carries a product of three entries"""


def forward(x, w, b):
    return x @ w + b + x[:, :1] * w[:1] * b / 1024


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
