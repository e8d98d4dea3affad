"""Layers that are right as what they are, and are not the affine layer of every matrix x.

The check hands a copy of an instance other weights, and any layer other batches. Where it keeps its
sizes, or arrays of them, what it raises then is the fault of that call, and none of the layer.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from affine.checker.reading.evidence import Evidence, located
from affine.checker.reading.probes import ONE, PROBE, Arrays, Probe, equal, probe, silently
from affine.checker.reading.reading import Reading
from affine.checker.reading.vocabulary import refusal
from affine.layer import VJP, Array, Layer

__all__ = [
    "is_another_layer", "is_elementwise", "is_for_single_rows", "other_layer",
    "refuse_fixed_batch", "refuse_fixed_instance", "refuse_fixed_module",
]  # fmt: skip

_THIN = probe(4, 1, 1)
# Of numbers that an activation does not saturate.
_MILD = Probe(*(operand / 8 for operand in (ONE.x, ONE.w, ONE.b, ONE.dout)))
# What a batch may be fixed at; D and M are other numbers, or a layer whose product fits only where
# two sizes are equal would be taken for one of these.
_BATCHES = (*range(2, 17), 20, 32, 50, 64, 100, 128, 256)
_D, _M = 23, 29


def other_layer(evidence: Evidence, arrays: Arrays) -> str:
    """Return what other kind of layer it is, if it is seen to be one that takes no matrix x."""
    reading = evidence.reading
    is_right = evidence.is_forward_right
    if evidence.stage == "not built" or (evidence.stage == "backward ran" and is_right):
        return ""
    if evidence.problem:
        if not hasattr(arrays.given(PROBE)[0], "reshape"):
            return ""
        in_rows = not (reading.layout.columns or reading.layout.is_folded)
        if not is_right and in_rows and _is_out_right_at(PROBE, (2, 2), reading, arrays):
            return "three_axes"
        if is_elementwise(reading.vjp, arrays):
            return "elementwise"
        return _of_one_point(reading, arrays)
    if evidence.stage != "gradients found" or evidence.is_right:
        return ""
    if all(isinstance(one, list) for one in _results(reading.vjp, PROBE, arrays)):
        return "lists"
    if is_right:
        return "three_axes_alone" if _is_right_at(PROBE, (2, 2), reading, arrays) else ""
    return "not_affine" if is_another_layer(reading.vjp, arrays) else ""


def _of_one_point(reading: Reading, arrays: Arrays) -> str:
    """Return what a layer that raises on a batch is for a single row, column or vector."""
    reading = replace(reading, update="overwrites")  # until it is seen to do something else
    column = replace(reading, layout=replace(reading.layout, columns=True))
    reached = []
    for laid, points in ((reading, (1,)), (column, (1,)), (reading, ())):
        at = located(Evidence(laid, "forward ran"), arrays, _with_points(_MILD, points))
        if _is_right_at(ONE, points, at.reading, arrays):
            return "one_point"
        if is_another_layer(at.reading.vjp, arrays, points):
            return "not_affine"
        is_right = _is_out_right_at(ONE, points, at.reading, arrays)
        reached.append((is_right, at.stage != "forward ran"))
    *in_matrices, in_vectors = reached
    return "one_vector" if in_vectors[0] and in_vectors > max(in_matrices) else ""


def _with_points(at: Probe, points: tuple[int, ...]) -> Probe:
    """Return a probe whose data points have these axes."""
    return replace(at, **{one: getattr(at, one).reshape(*points, -1) for one in ("x", "dout")})


def is_for_single_rows(reading: Reading, arrays: Arrays) -> bool:
    """Whether a layer is written for an x of shape (N, 1, D): right there, at every size alone."""
    rows = (len(_THIN.x),)
    if _is_right_at(_THIN, rows, reading, arrays):
        return False
    return all(_is_right_at(each, (*rows, 1), reading, arrays) for each in (_THIN, PROBE))


def is_elementwise(vjp: VJP, arrays: Arrays) -> bool:
    """Whether a layer multiplies x and w entry by entry, and its gradients do so too."""
    x, w, b, dout = (np.arange(4.0).reshape(2, 2) + start for start in (1, 3, 6, 8))
    got = map(arrays.outward, _results(vjp, Probe(x, w, b, dout), arrays))
    return all(map(equal, got, (x * w + b, dout * w, dout * x, dout)))


def _is_out_right_at(
    probe: Probe, points: tuple[int, ...], reading: Reading, arrays: Arrays
) -> bool:
    """Whether out is right on a probe whose data points have these axes."""
    given = _with_points(probe, points)
    x, w, b, _ = arrays.given(given)
    out, _ = silently(lambda: arrays.outward(reading.vjp(x, w, b)[0]).reshape(given.dout.shape))
    return equal(out, probe.right["out"].reshape(given.dout.shape))


def _is_right_at(probe: Probe, points: tuple[int, ...], reading: Reading, arrays: Arrays) -> bool:
    """Whether all is right on a probe whose data points have these axes."""
    given = _with_points(probe, points)
    shapes = [one.shape for one in (given.dout, given.x, probe.w, probe.b)]
    expected = [right.reshape(at) for right, at in zip(probe.right.values(), shapes, strict=True)]
    return all(map(equal, map(arrays.outward, _results(reading.vjp, given, arrays)), expected))


def _results(vjp: VJP, probe: Probe, arrays: Arrays) -> Sequence[Any]:
    """Return all results on a probe, None in place of each where one raises."""

    def results() -> list[Any]:
        x, w, b, dout = arrays.given(probe)
        out, pullback = vjp(x, w, b)
        return [out, *pullback(dout)]

    return silently(results)[0] or [None] * 4


def is_another_layer(vjp: VJP, arrays: Arrays, points: tuple[int, ...] = (4,)) -> bool:
    """Whether a layer is right as what it is: its out bends in x, and its gradients follow it.

    So is a layer with its activation inside. A step of central differences shows it well enough:
    nothing is blamed for it.
    """
    draw = np.random.default_rng(0).normal
    shapes = (*points, 3), (3, 2), (2,), (*points, 2)
    x, w, b, dout = (draw(size=shape).astype(arrays.dtype) for shape in shapes)
    along = tuple(draw(size=shape).astype(arrays.dtype) for shape in shapes[:3])
    still = (along[0], w * 0, b * 0)
    step, slack = (1e-5, 1e-5) if arrays.dtype == "float64" else (1e-2, 1e-2)

    def loss(scale: float, way: Sequence[Array]) -> float:
        there = (each + arrays_type(scale) * one for each, one in zip((x, w, b), way, strict=True))
        out, _ = vjp(*map(arrays.inward, there))
        return float((arrays.outward(out) * dout).sum())

    def compare() -> bool:
        _, pullback = vjp(*map(arrays.inward, (x, w, b)))
        gradients = map(arrays.outward, pullback(arrays.inward(dout)))
        of_x, *of_both = (float((g * one).sum()) for g, one in zip(gradients, along, strict=True))
        slopes = {of_x + sum(of_both) * n for n in (1, *points)}  # dw and db may be averages
        measured = (loss(step, along) - loss(-step, along)) / (2 * step)
        bend = loss(1, still) - 2 * loss(0, still) + loss(-1, still)
        is_slope = any(abs(measured - slope) <= slack * (1 + abs(slope)) for slope in slopes)
        return is_slope and abs(bend) > slack

    arrays_type = np.dtype(arrays.dtype).type
    return bool(silently(compare)[0])


# ------------------------------------------------------------------ sizes


def refuse_fixed_batch(evidence: Evidence, arrays: Arrays, name: str) -> None:
    """Raise a `TargetError` if a layer runs on batches of one length alone, of more than one row.

    A single data point may run too, spread over that length. What runs on one alone has left out
    the batch: that is a mistake.
    """

    def problem(n: int) -> str:
        return _problem(evidence.reading, arrays, probe(n, _D, _M))

    if not problem(5) and not problem(7):
        return
    lengths = [n for n in _BATCHES if not problem(n)]
    if len(lengths) == 1:
        (n,) = lengths
        raise refusal("fixed_batch", name=name, n=n, problem=problem(n + 1))


def refuse_fixed_instance(evidence: Evidence, arrays: Arrays, name: str) -> None:
    """Raise a `TargetError` if an instance runs at its own sizes, and raises at others."""
    reading = evidence.reading
    if reading.instances is None or not reading.instances.is_copy:
        return

    w = reading.parameters(reading.instances.named.value)["w"]
    d, m = reversed(w.shape) if reading.layout.transposed else w.shape
    sizes = d - reading.layout.is_folded, m
    layouts = (replace(reading.layout, columns=columns) for columns in (False, True))
    ways = [partial(_problem, replace(reading, layout=layout), arrays) for layout in layouts]
    _refuse(name, sizes, ways)


def refuse_fixed_module(layer: Layer, name: str, sizes: tuple[int, int]) -> None:
    """Raise a `TargetError` if a module runs at its own sizes, D and M, and raises at others."""
    arrays = Arrays(dtype=layer.dtypes[0] if layer.dtypes else "float64")

    def problem(at: Probe) -> str:
        return silently(lambda: layer.results(*arrays.given(at)))[1]

    _refuse(name, sizes, [problem])


def _refuse(name: str, sizes: tuple[int, int], ways: Sequence[Callable[[Probe], str]]) -> None:
    d, m = sizes
    elsewhere = [problem(probe(4, d + 2, m + 2)) for problem in ways]
    if not all(elsewhere):
        return
    for problem, stopped in zip(ways, elsewhere, strict=True):
        if not problem(probe(4, d, m)):
            raise refusal("fixed_sizes", name=name, d=d, m=m, problem=stopped)


def _problem(reading: Reading, arrays: Arrays, at: Probe) -> str:
    """Return what keeps both passes from running, `""` if nothing does."""
    reached = located(Evidence(reading, "forward ran"), arrays, at)
    return "" if reached.stage == "gradients found" else reached.problem
