"""Narrower formats inside a layer: numbers that pass through float32, bfloat16 or float16."""

from itertools import combinations

import numpy as np

from affine.checker.diagnosis.catalogue import RIGHT
from affine.checker.diagnosis.examination import Examination, Observed
from affine.checker.diagnosis.explanation import Explanation, explains
from affine.checker.diagnosis.fixtures import NAMES
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import Probe
from affine.layer import Array

__all__ = ["OPERANDS", "UNITS", "narrowed_to", "rounded_operands"]

OPERANDS = {"out": ("x", "w", "b"), "dx": ("dout", "w"), "dw": ("x", "dout"), "db": ("dout",)}
"""What each result is computed from."""

UNITS = {"float32": 2.0**-23, "bfloat16": 2.0**-7, "float16": 2.0**-10}
"""The narrower formats, with the distance from 1 to the next number in each."""


def narrowed_to(array: Array, name: str) -> Array:
    """Return numbers as they come back from a narrower format.

    Examples:
        >>> narrowed_to(np.array([1.0, 257.0]), "bfloat16")
        array([  1., 256.])
    """
    with np.errstate(all="ignore"):
        if name != "bfloat16":
            return array.astype(name).astype(np.float64)
        # The upper half of a float32, rounded to even.
        bits = np.ascontiguousarray(array, np.float32).view(np.uint32).astype(np.uint64)
        rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
        found = rounded.astype(np.uint32).view(np.float32).astype(np.float64)
        return np.where(np.isfinite(array), found, array)


def rounded_operands(examined: Examination, quantity: str) -> list[Explanation]:
    """Return which operands are rounded to a narrower format, where the rest is not.

    Examples:
        >>> from affine.layer import Layer
        >>> def vjp(x, w, b):
        ...     w = w.astype("f4").astype("f8")
        ...     return x @ w + b, lambda g: (g @ w.T, x.T @ g, g.sum(0))
        >>> rounded_operands(Examination(Layer("mine", vjp)), "dx")[0].sentence
        'Your dx is computed from W rounded to float32'
    """
    names, evidence = OPERANDS.get(quantity, ()), examined.evidence(quantity)
    for format_name in UNITS:
        for count in range(1, len(names) + 1):
            for chosen in combinations(names, count):

                def predicted(
                    seen: Observed, to: str = format_name, chosen: tuple[str, ...] = chosen
                ) -> Array | None:
                    point = seen.probe.point
                    rounded = {name: narrowed_to(getattr(point, name), to) for name in chosen}
                    return Probe(point._replace(**rounded)).value(RIGHT[quantity])

                if explains(predicted, evidence) == 2:
                    which = listed([NAMES[name] for name in chosen])
                    sentence = f"Your {quantity} is computed from {which} rounded to {format_name}"
                    return [Explanation("lower-precision", sentence=sentence)]
    return []
