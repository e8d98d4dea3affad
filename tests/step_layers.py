"""Layers whose backward pass takes a step on W and b, read as W before it less W after it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from affine.layer import Array, Layer, Pullback

Sums = Callable[[Array, Array], tuple[Array, Array]]
"""From x and dout to the gradients by which a step moves W and b."""


def plain(x: Array, dout: Array) -> tuple[Array, Array]:
    return x.T @ dout, dout.sum(axis=0)


def in_blocks(x: Array, dout: Array) -> tuple[Array, Array]:
    parts = [plain(x[at : at + 8], dout[at : at + 8]) for at in range(0, max(len(x), 1), 8)]
    return sum(dw for dw, _ in parts), sum(db for _, db in parts)  # type: ignore[return-value]


def row_by_row(x: Array, dout: Array) -> tuple[Array, Array]:
    dw = np.zeros((x.shape[1], dout.shape[1]), x.dtype)
    for one, upstream in zip(x, dout, strict=True):
        dw += np.outer(one, upstream)
    return dw, dout.sum(axis=0)


def by_einsum(x: Array, dout: Array) -> tuple[Array, Array]:
    return np.einsum("nd,nm->dm", x, dout), np.einsum("nm->m", dout)


def from_the_last(x: Array, dout: Array) -> tuple[Array, Array]:
    return plain(x[::-1], dout[::-1])


def averaged(sums: Sums) -> Sums:
    return lambda x, dout: tuple(each / max(len(x), 1) for each in sums(x, dout))  # type: ignore[return-value]


def of_scaled_dout(x: Array, dout: Array) -> tuple[Array, Array]:
    return plain(x, dout / np.asarray(max(len(x), 1), x.dtype))


class Dense:
    """Moves its weights in every backward pass, after dx is computed or `early`."""

    def __init__(self, w: Array, b: Array, sums: Sums, early: bool) -> None:
        self.w, self.b, self.sums, self.early = w.copy(), b.copy(), sums, early

    def backward(self, dout: Array, rate: float) -> Array:
        dx = dout @ self.w.T
        dw, db = self.sums(self.x, dout)
        self.w -= rate * dw
        self.b -= rate * db
        return dout @ self.w.T if self.early else dx

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.w + self.b


def step_layer(sums: Sums = plain, early: bool = False, **about: Any) -> Layer:
    """Return the layer; it raises for a dtype that it does not take, and for a wrong shape."""

    def accept(*arrays: Array) -> None:
        assert not about.get("dtypes") or {a.dtype.name for a in arrays} <= {*about["dtypes"]}

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        accept(x, w, b)
        assert x.shape[1:] == w.shape[:1]
        assert b.shape == w.shape[1:]
        dense = Dense(w, b, sums, early)
        out = dense.forward(x)

        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            accept(dout)
            assert dout.shape == out.shape
            dense.w, dense.b = w.copy(), b.copy()
            dx = dense.backward(dout, 1.0)
            return dx, w - dense.w, b - dense.b

        return out, pullback

    return Layer("mine", vjp, by_steps=True, **about)
