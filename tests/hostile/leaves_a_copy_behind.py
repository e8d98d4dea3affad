"""ends the process, and leaves a copy of it that keeps the connection open"""

import os
import time


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
