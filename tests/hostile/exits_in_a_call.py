"""ends the process in backward with exit status 0, without a traceback"""

import os


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    os._exit(0)
