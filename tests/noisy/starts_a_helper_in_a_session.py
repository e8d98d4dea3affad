"""starts a program in a session of its own, which sleeps for an hour and prints nothing"""

import subprocess
import sys

_SLEEP = [sys.executable, "-c", "import time; time.sleep(3600)", "affine-hostile-marker"]
_helper = subprocess.Popen(
    _SLEEP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
