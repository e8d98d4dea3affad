"""goes to a temporary folder when it is imported, and back in each call"""

import os
import tempfile
from pathlib import Path

_HERE, _THERE = Path.cwd(), tempfile.mkdtemp()
os.chdir(_THERE)


def forward(x, w, b):
    os.chdir(_HERE)
    return x @ w + b


def backward(dout, x, w):
    os.chdir(_THERE)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
