"""starts a thread that is no daemon and never ends"""

import threading
import time


def _run():
    while True:
        time.sleep(0.01)


threading.Thread(target=_run).start()


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
