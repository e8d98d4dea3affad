"""raises with a message of 50 MB"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    raise ValueError("x" * 50_000_000)
