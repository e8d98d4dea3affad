"""has handlers that print at the end of the program"""

import atexit

for _number in range(3):
    atexit.register(print, "goodbye", _number)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
