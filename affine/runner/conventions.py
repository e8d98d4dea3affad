"""Layers seen through a convention: averaged gradients, and sums that round."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil, log2
from typing import Any, TypeAlias

import numpy as np

from affine.layer import Array, Layer, Operands, Pullback
from affine.oracle import bounds, exact, index_sum

__all__ = ["averaging", "settled"]

VJP: TypeAlias = Callable[[Array, Array, Array], tuple[Array, Pullback]]


def averaging(layer: Layer) -> Layer:
    """Return the sum layer that a layer which averages dW and db implies, [(average)][eq-average].

    The average over N data points of N·dout is the sum over dout, so the layer is given N·dout
    and dX is divided by N again. On integers nothing is rounded.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda g: (g @ w.T, x.T @ g / len(x), g.mean(axis=0))
        >>> x, dout = np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]])
        >>> averaging(Layer("mean", vjp)).backward(x, np.ones((1, 1)), np.ones(1), dout)[1]
        array([[11.]])
    """
    return _through(layer, _averaging)


def _averaging(function: VJP) -> VJP:
    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = function(x, w, b)

        def summing(dout: Array) -> tuple[Array, Array, Array]:
            n = len(dout)
            if n < 2:
                return pullback(dout)
            # Large values are scaled down by a power of two as well, so that N·dout never
            # overflows where dout does not.
            shrink = 2.0 ** -ceil(log2(n)) if np.abs(dout).max(initial=0) > 1 else 1.0
            scaled = _scaled(dout, n * shrink)
            before = scaled.copy()
            dx, dw, db = pullback(scaled)
            if not np.array_equal(scaled, before, equal_nan=True):
                dout[...] = scaled / (n * shrink)  # the layer wrote to its argument
            return dx / (n * shrink), dw / shrink, db / shrink

        return out, summing

    return vjp


def _through(layer: Layer, seen: Callable[[VJP], VJP]) -> Layer:
    """Return the layer with each route that a property compares with `vjp` seen in one way."""
    routes = {name: getattr(layer, name) for name in ("vjp", "reused", "followed", "updated")}
    changed: dict[str, Any] = {name: seen(one) for name, one in routes.items() if one is not None}
    return replace(layer, **changed)


def _scaled(array: Array, factor: float) -> Array:
    """Return the array times a factor, in the same memory layout."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    memory = np.multiply(owner, factor, dtype=owner.dtype)
    if memory.strides != owner.strides:
        return np.multiply(array, factor, dtype=array.dtype)
    start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    scaled = np.ndarray(array.shape, array.dtype, memory, start, array.strides)
    scaled.flags.writeable = array.flags.writeable
    return scaled


def settled(layer: Layer) -> Layer:
    """Return the layer with results that a sound algorithm may round replaced by the exact ones.

    A layer that rounds where a sum would be exact (`dout.mean(axis=0) * N`) is right by the
    bound; identities that compare integers bit for bit would call it wrong.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda g: (g @ w.T, x.T @ g, g.mean(axis=0) * len(g))
        >>> dout = np.array([[3.0], [3.0], [4.0]])
        >>> x, w, b = np.ones((3, 1)), np.ones((1, 1)), np.ones(1)
        >>> settled(Layer("rounds", vjp)).backward(x, w, b, dout)[2]
        array([10.])
    """
    return _through(layer, _settling)


def _settling(function: VJP) -> VJP:
    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = function(x, w, b)
        dummy = np.zeros((x.shape[0], w.shape[1]), x.dtype)

        def settled_pullback(dout: Array) -> tuple[Array, Array, Array]:
            given = Operands(x, w, b, dout)
            named = dict(zip(("dx", "dw", "db"), pullback(dout), strict=True))
            settled = _settled(named, given)
            return settled["dx"], settled["dw"], settled["db"]

        return _settled({"out": out}, Operands(x, w, b, dummy))["out"], settled_pullback

    return vjp


def _settled(results: Mapping[str, Array], point: Operands) -> dict[str, Array]:
    if not all(np.isfinite(array).all() for array in point):
        return dict(results)
    sums = exact(point, *results)
    return {name: _nearest(result, sums[name], point, name) for name, result in results.items()}


def _nearest(result: Array, expected: Array, point: Operands, name: str) -> Array:
    if not isinstance(result, np.ndarray) or result.shape != expected.shape:
        return result
    if result.dtype.kind != "f" or not np.isfinite(result).all():
        return result
    try:
        rounded = expected.astype(np.float64).astype(result.dtype)
    except OverflowError:
        return result
    if (rounded == result).all() or (index_sum("...->...", rounded) != expected).any():
        return result
    error = abs(index_sum("...->...", result) - expected)
    return rounded if (error <= bounds(point, name, spare=2)[name]).all() else result
