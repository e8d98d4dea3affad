"""later_calls_leave_earlier_results: out lives in a buffer that the next call reuses"""

import affine

_buffers = {}


def forward(x, w, b):
    out = affine.forward(x, w, b)
    buffer = _buffers.setdefault((out.shape, out.dtype), out)
    buffer[...] = out
    return buffer


def backward(dout, x, w):
    return affine.backward(dout, x, w)
