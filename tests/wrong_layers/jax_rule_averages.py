"""dw_is_xt_dout: a derivative rule of its own averages over the batch"""

import jax


@jax.custom_vjp
def affine(x, w, b):
    return x @ w + b


def _forward(x, w, b):
    return affine(x, w, b), (x, w)


def _backward(kept, dout):
    x, w = kept
    return dout @ w.T, x.T @ dout / len(x), dout.mean(0)


affine.defvjp(_forward, _backward)
