"""has a thread that makes its results wrong and right again, all the time"""

import threading
import time
from collections import deque

_results = deque(maxlen=50)


def _rewrite():
    while True:
        for dw, right in list(_results):
            dw[...] = 2 * right
        time.sleep(0.0005)
        for dw, right in list(_results):
            dw[...] = right
        time.sleep(0.0005)


threading.Thread(target=_rewrite, daemon=True).start()


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dw = x.T @ dout
    _results.append((dw, dw.copy()))
    return dout @ w.T, dw, dout.sum(axis=0)
