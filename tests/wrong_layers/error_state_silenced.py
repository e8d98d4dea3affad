"""the_process_is_left_as_it_was: NumPy's error state is switched over and not back"""

import numpy as np


def forward(x, w, b):
    np.seterr(under="ignore" if np.geterr()["under"] != "ignore" else "warn")
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
