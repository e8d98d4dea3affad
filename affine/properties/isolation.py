"""Calls that share nothing: each gets copies of its arguments, and its results are copied.

Without it a layer that reuses a buffer, or writes to an argument, would fail a property about
values for a reason that has nothing to do with it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from affine.layer import Array, Layer, Pullback

__all__ = ["isolated", "laid_alike"]

_LIKE_VJP = ("flattening", "reused", "followed", "updated", "stacked", "compiled")
_OTHERS = ("jvp", "per_sample_gradients", "vmapped")


def isolated(layer: Layer) -> Layer:
    """Return the layer with copies made at every call, on the way in and on the way out.

    Examples:
        >>> def vjp(x, w, b):
        ...     x *= 2
        ...     return x, lambda dout: (dout, w, b)
        >>> x = np.ones((1, 1))
        >>> isolated(Layer("writes", vjp)).forward(x, x, np.ones(1)), x
        (array([[2.]]), array([[1.]]))
    """
    changed: dict[str, Any] = {"vjp": _like_vjp(layer.vjp)}
    for names, wrap in ((_LIKE_VJP, _like_vjp), (_OTHERS, _function)):
        for name in names:
            function = getattr(layer, name)
            if function is not None:
                changed[name] = wrap(function)
    return replace(layer, **changed)


def _like_vjp(function: Callable[..., tuple[Array, Pullback]]) -> Callable[..., Any]:
    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = function(x.copy(), w.copy(), b.copy())

        def isolated_pullback(dout: Array) -> tuple[Array, Array, Array]:
            dx, dw, db = pullback(dout.copy())
            return _own(dx), _own(dw), _own(db)

        return _own(out), isolated_pullback

    at_once = getattr(function, "results", None)
    if at_once is not None:
        vjp.results = lambda *four: tuple(map(_own, at_once(*map(np.copy, four))))  # type: ignore[attr-defined]
    return vjp


def _function(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Array) -> Any:
        results = function(*(argument.copy() for argument in arguments))
        return tuple(map(_own, results)) if isinstance(results, tuple) else _own(results)

    return call


def _own(result: Any) -> Any:
    """Return a copy of an array; what is no array is judged as it is."""
    return np.array(result) if isinstance(result, np.ndarray) else result


def laid_alike(array: Array) -> Array:
    """Return a copy that lies in memory as the array does: with its strides, read-only or not.

    Examples:
        >>> rows = np.broadcast_to(np.ones(3), (2, 3))
        >>> copied = laid_alike(rows)
        >>> copied.strides, copied.flags.writeable, np.may_share_memory(copied, rows)
        ((0, 8), False, False)
    """
    size = array.itemsize
    reach = [
        (length - 1) * stride // size
        for length, stride in zip(array.shape, array.strides, strict=True)
    ]
    if 0 in array.shape or any(stride % size for stride in array.strides):
        return array.copy()
    low, high = (sum(limit(step, 0) for step in reach) for limit in (min, max))
    memory = np.full(high - low + 1, np.nan, array.dtype)
    view = as_strided(memory[-low:], array.shape, array.strides)
    view[...] = array
    if not array.flags.writeable:
        view.flags.writeable = False
    return view
