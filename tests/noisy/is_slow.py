"""takes 0.2 s a call"""

import time


def forward(x, w, b):
    time.sleep(0.2)
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
