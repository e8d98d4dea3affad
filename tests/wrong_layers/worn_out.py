"""equal_calls_give_equal_results: a batch that was seen a dozen times gets half of its gradient"""
# Only: no other repeats a call so often
# Needs: a dout of 16 entries

from collections import Counter

import affine

_seen = Counter()


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    grad = affine.backward(dout, x, w)
    key = dout.tobytes(), x.tobytes(), w.tobytes()
    _seen[key] += 1
    return grad._replace(dw=grad.dw / 2) if dout.size > 15 and _seen[key] > 12 else grad
