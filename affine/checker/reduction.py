"""Layers seen through a convention: averaged gradients, and sums that round."""

from collections.abc import Callable
from math import ceil, log2

import numpy as np

from affine.layer import Array, Call, Layer, Operands, Results, intercept_calls
from affine.oracle import bounds, exact, index_sum

# The variants whose results a property compares with those of `vjp`.
_COMPARED = ("on_reused_instance", "then_next_batch", "after_update")


def undo_mean_reduction(layer: Layer) -> Layer:
    """Return the sum layer that a layer which averages dW and db implies, [(average)][eq-average].

    The average over N data points of N·dout is the sum over dout, so the layer is given N·dout
    and dX is divided by N again. On integers nothing is rounded.
    """

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        if len(call) < 4 or len(call[3]) < 2:
            return call, lambda results: results
        x, w, b, dout = call
        # Large values are scaled down by a power of two as well, so that N·dout never overflows
        # where dout does not.
        shrink = 2.0 ** -ceil(log2(len(dout))) if np.abs(dout).max(initial=0) > 1 else 1.0
        factor = len(dout) * shrink
        before = np.multiply(dout, factor, dtype=dout.dtype)
        scaled = layer.memory.lend(dout)
        scaled.flags.writeable = True
        scaled[...] = before
        scaled.flags.writeable = dout.flags.writeable

        def summing(results: Results) -> Results:
            if not np.array_equal(scaled, before, equal_nan=True):
                dout[...] = scaled / factor  # the layer wrote to its argument
            dx, dw, db = results["dx"] / factor, results["dw"] / shrink, results["db"] / shrink
            return {**results, "dx": dx, "dw": dw, "db": db}

        return (x, w, b, scaled), summing

    return intercept_calls(layer, view, _COMPARED)


def snap_to_exact(layer: Layer) -> Layer:
    """Return the layer with results that a sound algorithm may round replaced by the exact ones.

    A layer that rounds where a sum would be exact (`dout.mean(axis=0) * N`) is right by the
    bound; identities that compare integers bit for bit would call it wrong.
    """

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        x, w, b, *rest = call
        dout = rest[0] if rest else np.zeros((x.shape[0], w.shape[1]), x.dtype)
        point = Operands(x, w, b, dout)

        def snapped(results: Results) -> Results:
            if not all(np.isfinite(array).all() for array in point):
                return results
            sums = exact(point, *results)
            return {name: _nearest(got, sums[name], point, name) for name, got in results.items()}

        return call, snapped

    return intercept_calls(layer, view, _COMPARED)


def _nearest(result: Array, expected: Array, point: Operands, name: str) -> Array:
    """Return the expected sums where they are integers within the rounding bound of the result."""
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
    return rounded if (error <= bounds(point, name, extra_roundings=2)[name]).all() else result
