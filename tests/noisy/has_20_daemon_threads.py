"""has twenty daemon threads that never end"""

import threading
import time


def _run():
    while True:
        time.sleep(0.01)


for _ in range(20):
    threading.Thread(target=_run, daemon=True).start()


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
