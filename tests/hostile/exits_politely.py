"""calls sys.exit(0) in backward"""

import sys


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    sys.exit(0)
