"""returns a million gradients"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return (x.T @ dout,) * 1_000_000
