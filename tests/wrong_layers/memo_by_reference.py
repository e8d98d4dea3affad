"""writing_into_a_result_changes_no_other: the last output is kept and handed out again"""

import affine

_last = {"key": None}


def forward(x, w, b):
    key = x.tobytes(), w.tobytes(), b.tobytes(), x.shape, w.shape, x.dtype, w.dtype, b.shape
    if key != _last["key"]:
        _last.update(key=key, out=affine.forward(x, w, b))
    return _last["out"]


def backward(dout, x, w):
    return affine.backward(dout, x, w)
