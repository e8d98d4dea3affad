"""Layers seen through a convention: averaged gradients, steps, few dtypes, sums that round."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import ceil, log2

import numpy as np

from affine.cases import DTYPES
from affine.layer import Array, Call, Layer, Operands, Results, intercept_calls
from affine.oracle import bounds, exact, index_sum, precision, surely_within

# The variants whose results a property compares with those of `vjp`.
_COMPARED = ("on_reused_instance", "then_next_batch", "after_update")
_SUMMED = {"dw": "w", "db": "b"}

_VACUOUS_BY_STEPS = {
    "powers_of_two_scale_through": "dw is W before a step less W after it: beside a large W, a "
    "small dw leaves no digit",
    "nan_taints_exactly_what_depends_on_it": "dw is W before a step less W after it: a NaN in W "
    "would stand in dw too",
    "infinities_travel_as_in_a_matrix_product": "dw is W before a step less W after it: ∞ less ∞ "
    "is NaN",
    "dtypes_follow_promotion": "dw is W before a step less W after it, so it has the dtype of W",
}


def dtype_of(layer: Layer) -> str:
    """Return the dtype of what is no matter of dtypes: the most precise that a layer takes."""
    return max(layer.dtypes or DTYPES, key=precision)


def with_limits(layer: Layer) -> Layer:
    """Return the layer with the properties that its dtypes or its steps leave nothing to see of."""
    vacuous = dict(_VACUOUS_BY_STEPS) if layer.by_steps else {}
    if layer.dtypes:
        only = " and ".join(layer.dtypes)
        vacuous["dtypes_follow_promotion"] = f"the layer takes {only} only"
    return replace(layer, not_applicable={**vacuous, **layer.not_applicable})


def undo_mean_reduction(layer: Layer) -> Layer:
    """Return the sum layer that a layer which averages dW and db implies, [(average)][eq-average].

    The average over N data points of N·dout is the sum over dout, so the layer is given N·dout
    and dX is divided by N again. On integers nothing is rounded.
    """

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        if len(call) < 4 or len(call[3]) < 2:
            return call, _of_no_data_point if len(call) == 4 and not len(call[3]) else dict
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
            with np.errstate(all="ignore"):  # what overflows here is no warning of the layer's
                dx, dw, db = results["dx"] / factor, results["dw"] / shrink, results["db"] / shrink
            return {**results, "dx": dx, "dw": dw, "db": db}

        return (x, w, b, scaled), summing

    return intercept_calls(layer, view, (*_COMPARED, "with_extra_axes"))


def _of_no_data_point(results: Results) -> Results:
    """Return the results with 0, the empty sum, for NaN: an average of nothing is not defined."""
    return {
        name: np.nan_to_num(got) if name in _SUMMED and isinstance(got, np.ndarray) else got
        for name, got in results.items()
    }


def multiply_averages(layer: Layer) -> Layer:
    """Return the layer with dw and db times N: sums, if they are averages.

    For a diagnosis, which compares up to rounding: each result is the layer's own at this very
    dout, so that a formula of it is the layer's formula.
    """

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        def multiplied(results: Results) -> Results:
            with np.errstate(all="ignore"):
                return {
                    name: got * len(call[0]) if name in _SUMMED and _is_finite(got) else got
                    for name, got in results.items()
                }

        return call, multiplied

    return intercept_calls(layer, view, _COMPARED)


def forgive_steps(layer: Layer, averaged: bool = False) -> Layer:
    """Return a layer seen by steps with what the steps themselves round taken off dw and db.

    W less the new W is dW rounded twice more, each time to the precision of |W| + |dW|. On integers
    that is exact, unless the gradients are averages; on reals an entry that is no further from the
    exact one than this is replaced by it. Other layers are returned as they are.
    """

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        def seen(results: Results) -> Results:
            if len(call) < 4 or not all(np.isfinite(array).all() for array in call):
                return results
            point = Operands(*call)
            exact_ones = {
                name: _without_steps(results[name], point, name, averaged)
                for name in _SUMMED
                if name in results
            }
            return {**results, **exact_ones}

        return call, seen

    return intercept_calls(layer, view, _COMPARED) if layer.by_steps else layer


def _without_steps(got: Array, point: Operands, name: str, averaged: bool) -> Array:
    if not _is_finite(got) or surely_within(name, got, point):
        return got
    expected = exact(point, name)[name]
    on_integers = expected.dtype != object
    if got.shape != expected.shape or (on_integers and not averaged):
        return got
    parameter = abs(index_sum("...->...", getattr(point, _SUMMED[name])))
    if averaged:  # then all is as if dW were smaller by up to this
        parameter = parameter * 2 ** ceil(log2(max(len(point.x), 1)))
    limit = bounds(point, name, extra_roundings=2)[name]
    moved = parameter.astype(object) + abs(expected) + limit
    limit = limit + 3 * Fraction(1, 2 ** precision(got.dtype)) * moved
    try:
        nearest = expected.astype(np.float64).astype(got.dtype)
    except OverflowError:
        return got
    return np.where(abs(index_sum("...->...", got) - expected) <= limit, nearest, got)


def _is_finite(result: Array) -> bool:
    """Whether a result is an array of finite floating-point numbers."""
    is_floating = isinstance(result, np.ndarray) and result.dtype.kind == "f"
    return is_floating and bool(np.isfinite(result).all())


def snap_to_exact(layer: Layer) -> Layer:
    """Return the layer with results that a sound algorithm may round replaced by the exact ones.

    A layer that rounds where a sum would be exact (`dout.mean(axis=0) * N`) is right by the
    bound; identities that compare integers bit for bit would call it wrong.
    """

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        x, w, b, *rest = call
        dout = rest[0] if rest else np.zeros((x.shape[0], w.shape[1]), x.dtype)
        is_flattened = x.ndim > 2 and x.size == len(x) * len(w)
        point = Operands(x.reshape(len(x), len(w)) if is_flattened else x, w, b, dout)

        def snapped(results: Results) -> Results:
            if not all(np.isfinite(array).all() for array in point):
                return results
            sums = exact(point, *results)
            return {name: _nearest(got, sums[name], point, name) for name, got in results.items()}

        return call, snapped

    return intercept_calls(layer, view, (*_COMPARED, "with_extra_axes"))


def _nearest(result: Array, expected: Array, point: Operands, name: str) -> Array:
    """Return the expected sums where they are integers within the rounding bound of the result."""
    if not _is_finite(result) or result.shape != expected.shape:
        return result
    try:
        rounded = expected.astype(np.float64).astype(result.dtype)
    except OverflowError:
        return result
    if (rounded == result).all() or (index_sum("...->...", rounded) != expected).any():
        return result
    # Most wrong results are far off: that is told without exact numbers.
    if surely_within(name, result, point, extra_roundings=2) is False:
        return result
    error = abs(index_sum("...->...", result) - expected)
    return rounded if (error <= bounds(point, name, extra_roundings=2)[name]).all() else result
