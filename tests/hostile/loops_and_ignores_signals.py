"""never returns from backward, and ignores every signal that can be ignored"""

import contextlib
import signal

for _signal in signal.valid_signals():
    with contextlib.suppress(OSError, ValueError):
        signal.signal(_signal, signal.SIG_IGN)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
