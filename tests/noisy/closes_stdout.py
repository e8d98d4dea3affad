"""closes stdout and stderr, the streams and the descriptors"""

import contextlib
import os
import sys

sys.stdout.close()
sys.stderr.close()
sys.stdout = sys.stderr = None
for _descriptor in (1, 2):
    with contextlib.suppress(OSError):
        os.close(_descriptor)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
