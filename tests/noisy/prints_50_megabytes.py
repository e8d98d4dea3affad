"""prints 50 MB in lines in its first call"""

from functools import cache


@cache
def _print():
    for _ in range(500):
        print("progress\n" * 11_000)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    _print()
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
