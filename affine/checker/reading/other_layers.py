"""Layers that are right as what they are, and are not the affine layer of a matrix x."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from affine.checker.reading.evidence import Evidence
from affine.checker.reading.probes import ONE, PROBE, Arrays, Probe, equal, probe, silently
from affine.checker.reading.reading import Reading
from affine.layer import VJP, Array

__all__ = ["is_another_layer", "is_elementwise", "is_for_single_rows", "other_layer"]

_THIN = probe(4, 1, 1)


def other_layer(evidence: Evidence, arrays: Arrays) -> str:
    """Return what other kind of layer it is, if it is seen to be one that takes no matrix x."""
    reading = evidence.reading
    if evidence.stage in ("not built", "backward ran"):
        return ""
    if evidence.problem:
        if not hasattr(arrays.given(PROBE)[0], "reshape"):
            return ""
        if not evidence.is_forward_right and _takes_three_axes(reading, arrays):
            return "three_axes"
        if is_elementwise(reading.vjp, arrays):
            return "elementwise"
        return "one_point" if _takes_one_point(reading, arrays) else ""
    if evidence.stage != "gradients found" or evidence.is_right:
        return ""
    if all(isinstance(one, list) for one in _results(PROBE, (len(PROBE.x),), reading, arrays)):
        return "lists"
    if evidence.is_forward_right:
        return "three_axes_alone" if _is_right_at(PROBE, (2, 2), reading, arrays) else ""
    return "not_affine" if is_another_layer(reading.vjp, arrays) else ""


def is_for_single_rows(reading: Reading, arrays: Arrays) -> bool:
    """Whether a layer is written for an x of shape (N, 1, D): right there, at every size alone."""
    rows = (len(_THIN.x),)
    if _is_right_at(_THIN, rows, reading, arrays):
        return False
    return all(_is_right_at(each, (*rows, 1), reading, arrays) for each in (_THIN, PROBE))


def is_elementwise(vjp: VJP, arrays: Arrays) -> bool:
    """Whether a layer multiplies x and w entry by entry, and its gradients do so too."""
    x, w, b, dout = (np.arange(4.0).reshape(2, 2) + start for start in (1, 3, 6, 8))

    def results() -> list[Any]:
        out, pullback = vjp(*(arrays.inward(one.astype(arrays.dtype)) for one in (x, w, b)))
        return [out, *pullback(arrays.inward(dout.astype(arrays.dtype)))]

    got = map(arrays.outward, silently(results)[0] or [None] * 4)
    return all(map(equal, got, (x * w + b, dout * w, dout * x, dout)))


def _takes_three_axes(reading: Reading, arrays: Arrays) -> bool:
    """Whether the forward pass is that of the affine layer for an x of shape (N, T, D)."""
    if reading.layout.columns or reading.layout.is_folded:
        return False
    x, w, b, _ = arrays.given(PROBE)
    out, _ = silently(lambda: arrays.outward(reading.vjp(x.reshape(2, 2, 3), w, b)[0]))
    return equal(out, PROBE.right["out"].reshape(2, 2, 2))


def _takes_one_point(reading: Reading, arrays: Arrays) -> bool:
    """Whether all is right for one data point, a matrix of one row or a vector."""
    return any(_is_right_at(ONE, points, reading, arrays) for points in ((1,), ()))


def _is_right_at(probe: Probe, points: tuple[int, ...], reading: Reading, arrays: Arrays) -> bool:
    """Whether all is right on a probe whose data points have these axes."""
    x, w, b, dout = arrays.given(probe)
    shapes = [one.reshape(*points, -1).shape for one in (dout, x)] + [w.shape, b.shape]
    expected = [right.reshape(at) for right, at in zip(probe.right.values(), shapes, strict=True)]
    got = map(arrays.outward, _results(probe, points, reading, arrays))
    return all(map(equal, got, expected))


def _results(
    probe: Probe, points: tuple[int, ...], reading: Reading, arrays: Arrays
) -> Sequence[Any]:
    """Return all results on a probe whose data points have these axes, None where one raises."""
    x, w, b, dout = arrays.given(probe)

    def results() -> list[Any]:
        out, pullback = reading.vjp(x.reshape(*points, -1), w, b)
        return [out, *pullback(dout.reshape(*points, -1))]

    return silently(results)[0] or [None] * 4


def is_another_layer(vjp: VJP, arrays: Arrays) -> bool:
    """Whether a layer is right as what it is: its out bends in x, and its gradients follow it.

    So is a layer with its activation inside. A step of central differences shows it well enough:
    nothing is blamed for it.
    """
    draw = np.random.default_rng(0).normal
    shapes = (4, 3), (3, 2), (2,), (4, 2)
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
        slope = sum(float((g * one).sum()) for g, one in zip(gradients, along, strict=True))
        measured = (loss(step, along) - loss(-step, along)) / (2 * step)
        bend = loss(1, still) - 2 * loss(0, still) + loss(-1, still)
        return abs(measured - slope) <= slack * (1 + abs(slope)) and abs(bend) > slack

    arrays_type = np.dtype(arrays.dtype).type
    return bool(silently(compare)[0])
