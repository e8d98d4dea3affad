"""starts twenty programs in sessions of their own, which sleep for an hour"""

import subprocess
import sys

_SLEEP = [sys.executable, "-c", "import time; time.sleep(3600)", "affine-hostile-marker"]
for _ in range(20):
    subprocess.Popen(_SLEEP, start_new_session=True)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
