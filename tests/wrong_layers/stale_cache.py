"""each_backward_belongs_to_its_forward: one cache serves all forward passes"""

_cache = {}


def affine_forward(x, w, b):
    _cache.update(x=x, w=w)
    return x @ w + b, None


def affine_backward(dout, cache):
    x, w = _cache["x"], _cache["w"]
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
