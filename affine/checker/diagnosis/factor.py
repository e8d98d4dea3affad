"""The factor of a term, read off one probe and held to on all the others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeAlias

import numpy as np

from affine.checker.diagnosis.examination import Observed
from affine.checker.diagnosis.explanation import explains
from affine.layer import Array

__all__ = ["Base", "factors", "nothing", "ratio", "value_of"]

Base: TypeAlias = Callable[[Observed], Array | None]
"""What is known of a result already."""


def nothing(seen: Observed) -> Array:
    """Return zeros: the term is the whole result."""
    return np.zeros_like(seen.right)


def value_of(code: str) -> Base:
    """Return the function that gives a formula's value on a probe."""
    return lambda seen: seen.probe.value(code)


def factors(
    evidence: Sequence[Observed],
    term: str,
    codes: Sequence[str],
    base: Base = nothing,
    *,
    verified: bool = True,
) -> Iterator[tuple[str, float]]:
    """Yield (scale, factor) such that base + factor · scale · term is every result.

    The factor is read off where the term is largest beside the result, so that it carries the
    least rounding, and must then hold everywhere, unless the caller verifies it.
    """
    pivot, slope = _pivot(evidence, term, base)
    if pivot is None:
        return
    for scale in codes:
        unit = pivot.probe.value(scale)
        if unit is None or unit.shape or not np.isfinite(unit) or unit == 0:
            continue
        factor = _tidy(slope / float(unit))

        def predicted(seen: Observed, scale: str = scale, factor: float = factor) -> Array | None:
            value, unit, start = seen.probe.value(term), seen.probe.value(scale), base(seen)
            if value is None or unit is None or start is None:
                return None
            # A whole result may have a shape of its own; a part of one may not.
            scaled = np.asarray(factor * unit * value)
            if base is nothing:
                return scaled
            with suppress(ValueError):
                return np.asarray(start + scaled)
            return None

        if not verified or explains(predicted, evidence):
            yield scale, factor


def _pivot(evidence: Sequence[Observed], term: str, base: Base) -> tuple[Observed | None, float]:
    best, found, steepness = 0.0, None, 0.0
    for seen in evidence:
        value, start = seen.probe.value(term), base(seen)
        if not seen.wrong or value is None or seen.got is None or value.shape != seen.got.shape:
            continue
        if (
            start is None
            or start.shape != value.shape
            or not value.any()
            or not np.isfinite(value + seen.got).all()
        ):
            continue
        rest = seen.got if base is nothing else seen.got - start
        if not rest.any():
            continue
        slope = ratio(rest, value, np.abs(seen.got).max())
        if not slope:
            # A term that is not proportional here is none anywhere: give up at once.
            return None, 0.0
        weight = float(np.abs(value).max() / (np.abs(seen.got).max() + np.abs(rest).max()))
        if weight > best:
            best, found, steepness = weight, seen, slope
    return found, steepness


def ratio(rest: Array, value: Array, size: float = 0.0) -> float:
    """Return the factor that makes a value the rest, up to rounding; 0 if there is none.

    Examples:
        >>> ratio(np.array([2.0, 4.0]), np.array([1.0, 2.0]))
        2.0
        >>> ratio(np.array([2.0, 5.0]), np.array([1.0, 2.0]))
        0.0
    """
    index = np.unravel_index(np.abs(value).argmax(), value.shape)
    slope = float(rest[index] / value[index]) if value.any() else 0.0
    slack = 1e-12 * float(size + np.abs(value * slope).max(initial=0))
    return slope if (np.abs(rest - slope * value) <= slack).all() else 0.0


def _tidy(factor: float) -> float:
    """Return the short number that a fitted one stands for, if there is one within rounding."""
    short = float(f"{factor:.12g}")
    return short if abs(short - factor) <= 4e-16 * abs(factor) else factor
