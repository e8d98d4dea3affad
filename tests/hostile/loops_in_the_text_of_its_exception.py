"""raises an exception whose text takes for ever to compute"""


class _Odd(Exception):
    def __str__(self):
        while True:
            pass


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    raise _Odd("no")
