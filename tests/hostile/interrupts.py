"""raises KeyboardInterrupt in backward, as if the user had stopped the check"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    raise KeyboardInterrupt
