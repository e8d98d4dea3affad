"""never returns from backward"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    while True:
        pass
