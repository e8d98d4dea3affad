"""Layers seen through a convention: averaged gradients, and sums that round."""

from collections.abc import Callable, Mapping
from math import ceil, log2

import numpy as np

from affine.layer import Array, Call, Layer, Operands, Results, through
from affine.memory import laid_alike
from affine.oracle import bounds, exact, index_sum

__all__ = ["snap_to_exact", "undo_mean_reduction"]

# The variants whose results a property compares with those of `vjp`.
_COMPARED = ("on_reused_instance", "then_next_batch", "after_update")


def undo_mean_reduction(layer: Layer) -> Layer:
    """Return the sum layer that a layer which averages dW and db implies, [(average)][eq-average].

    The average over N data points of N·dout is the sum over dout, so the layer is given N·dout
    and dX is divided by N again. On integers nothing is rounded.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda g: (g @ w.T, x.T @ g / len(x), g.mean(axis=0))
        >>> x, dout = np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]])
        >>> undo_mean_reduction(Layer("mean", vjp)).backward(x, np.ones((1, 1)), np.ones(1), dout)[
        ...     1
        ... ]
        array([[11.]])
    """
    memory = layer.memory

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        if len(call) < 4 or len(call[3]) < 2:
            return call, lambda results: results
        x, w, b, dout = call
        n = len(dout)
        # Large values are scaled down by a power of two as well, so that N·dout never overflows
        # where dout does not.
        shrink = 2.0 ** -ceil(log2(n)) if np.abs(dout).max(initial=0) > 1 else 1.0
        scaled = laid_alike(dout)
        scaled = memory.lend(_times(scaled, n * shrink))
        before = scaled.copy()

        def summing(results: Results) -> Results:
            if not np.array_equal(scaled, before, equal_nan=True):
                dout[...] = scaled / (n * shrink)  # the layer wrote to its argument
            return {
                "dx": results["dx"] / (n * shrink),
                "dw": results["dw"] / shrink,
                "db": results["db"] / shrink,
                **{name: results[name] for name in results if name == "out"},
            }

        return (x, w, b, scaled), summing

    return through(layer, view, _COMPARED)


def _times(array: Array, factor: float) -> Array:
    """Return the array times a factor, in its own memory."""
    is_writeable = array.flags.writeable
    array.flags.writeable = True
    array[...] = np.multiply(array, factor, dtype=array.dtype)
    array.flags.writeable = is_writeable
    return array


def snap_to_exact(layer: Layer) -> Layer:
    """Return the layer with results that a sound algorithm may round replaced by the exact ones.

    A layer that rounds where a sum would be exact (`dout.mean(axis=0) * N`) is right by the
    bound; identities that compare integers bit for bit would call it wrong.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda g: (g @ w.T, x.T @ g, g.mean(axis=0) * len(g))
        >>> dout = np.array([[3.0], [3.0], [4.0]])
        >>> x, w, b = np.ones((3, 1)), np.ones((1, 1)), np.ones(1)
        >>> snap_to_exact(Layer("rounds", vjp)).backward(x, w, b, dout)[2]
        array([10.])
    """

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        x, w, b, *rest = call
        dout = rest[0] if rest else np.zeros((x.shape[0], w.shape[1]), x.dtype)
        return call, lambda results: _snap_to_exact(results, Operands(x, w, b, dout))

    return through(layer, view, _COMPARED)


def _snap_to_exact(results: Mapping[str, Array], point: Operands) -> dict[str, Array]:
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
