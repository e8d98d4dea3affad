"""powers_of_two_scale_through: db sums absolute values"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, abs(dout).sum(axis=0)
