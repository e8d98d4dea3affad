"""stops its own process in backward, as Ctrl-Z would"""

import os
import signal


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    os.kill(os.getpid(), signal.SIGSTOP)
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
