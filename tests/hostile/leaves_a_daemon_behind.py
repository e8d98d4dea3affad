"""forks twice at import, and leaves a daemon behind that sleeps for an hour"""

import contextlib
import os
import time
from pathlib import Path


def _daemon():
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text("affine-hostile")
    time.sleep(3600)
    os._exit(0)


_daemon()


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
