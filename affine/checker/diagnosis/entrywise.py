"""Mistakes that act entry by entry: a clip, a threshold, a rounding, a narrower format.

Each result is read as a function of one operand alone, the other one being 1: the curve of a
right layer is the identity. What the curve shows is then verified on other probes.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from affine.checker.diagnosis.catalogue import RIGHT
from affine.checker.diagnosis.examination import Examination, Observed, close
from affine.checker.diagnosis.explanation import Explanation, explains
from affine.checker.diagnosis.formats import OPERANDS, UNITS, narrowed_to
from affine.checker.diagnosis.phrasing import number, shown
from affine.checker.diagnosis.probe import Probe, numbered
from affine.layer import Array, Operands

__all__ = ["entrywise"]


class Change(NamedTuple):
    """What happens to every entry.

    Attributes:
        mistake: The name of the mistake.
        words: As in "is clipped to [-1, 1]".
        change: The function of one array.
        scale: A magnitude around which the change shows.
    """

    mistake: str
    words: str
    change: Callable[[Array], Array]
    scale: float


def entrywise(examined: Examination, quantity: str) -> list[Explanation]:
    """Return the changes, entry by entry, that explain a wrong quantity.

    Examples:
        >>> from affine.layer import Layer
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda g: (g @ w.T, np.clip(x.T @ g, -5, 5), g.sum(0))
        >>> entrywise(Examination(Layer("mine", vjp)), "dw")[0].sentence
        'Your dw is clipped to [-5, 5]'
    """
    found: dict[str, Explanation] = {}
    for operand in OPERANDS.get(quantity, ()):
        curve = _curve(examined, quantity, operand, _values())
        if curve is None or np.array_equal(*curve):
            continue
        for change in _changes(examined, quantity, operand, *curve):
            for place in ("", operand, " and ".join(OPERANDS[quantity])):
                if place not in found and _verified(examined, quantity, change, place):
                    sentence = f"Your {quantity} {change.words}"
                    if place:
                        plural = change.words.replace("is ", "are ", 1)
                        words = plural if " and " in place else change.words
                        sentence = f"In your {quantity}, {shown(place)} {words}"
                    found[place] = Explanation(change.mistake, sentence=sentence)
        if found:
            break
    # The change of the result, of the one operand, of all: where several fit they are one.
    return list(found.values())[:1]


def _values() -> Array:
    """Powers of two, thirds and tenths, and numbers that need every bit, of both signs."""
    powers = np.ldexp(1.0, np.arange(-40, 41, 2))
    fractions = np.arange(1, 40) / 7
    decimals = np.array([0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 123.456, 0.123456789])
    digits = np.array([2.0**11 + 1, 2.0**24 + 1, 2.0**52 + 1])
    positive = np.concatenate([powers, fractions, decimals, digits])
    return np.concatenate([positive, -positive, [0.0]])


def _curve(
    examined: Examination, quantity: str, operand: str, values: Array
) -> tuple[Array, Array] | None:
    """Return values of one operand, and the result as a function of it."""
    call = examined.observe(Probe(_line(quantity, operand, values)))
    seen = call.seen(quantity)
    if seen is None or seen.got is None or seen.got.shape != seen.right.shape:
        return None
    got = seen.got.astype(np.float64)
    # The axis along which the operand varies; along the other one all is alike.
    down = quantity + operand in ("outx", "dxdout", "dwx")
    line = got if got.ndim == 1 else got[:, 0] if down else got[0]
    return values, line


def _line(quantity: str, operand: str, values: Array) -> Operands:
    count, two = len(values), np.zeros((2, 2))
    column, row = np.stack([values, 0 * values], axis=1), np.stack([values, 0 * values])
    top, left = np.zeros((2, 2)), np.zeros((2, 2))
    top[0], left[:, 0] = 1, 1
    match quantity, operand:
        case "out", "x":
            return Operands(column, two + 1, np.zeros(2), np.zeros((count, 2)))
        case "out", "w":
            return Operands(two + 1, row, np.zeros(count), np.zeros((2, count)))
        case "out", _:
            return Operands(two, np.zeros((2, count)), values, np.zeros((2, count)))
        case "dx", "dout":
            return Operands(np.ones((count, 2)), left, np.zeros(2), column)
        case "dx", _:
            return Operands(np.ones((2, count)), column, np.zeros(2), left)
        case "dw", "x":
            return Operands(row, np.ones((count, 2)), np.zeros(2), top)
        case _:
            return Operands(top, np.ones((2, count)), np.zeros(count), row)


def _changes(
    examined: Examination, quantity: str, operand: str, values: Array, curve: Array
) -> Iterator[Change]:
    yield from _clips(values, curve)
    yield from _formats(values, curve)
    yield from _roundings(values, curve)
    yield from _slopes(values, curve)
    yield from _thresholds(examined, quantity, operand, values, curve)


def _clips(values: Array, curve: Array) -> Iterator[Change]:
    low, high = float(curve.min()), float(curve.max())
    if np.array_equal(np.clip(values, low, high), curve) and low < high:
        below, above = low > values.min(), high < values.max()
        words = f"is clipped to [{number(low)}, {number(high)}]"
        if not (below and above):
            words = f"is cut off {f'below {number(low)}' if below else f'above {number(high)}'}"
        scale = max(abs(low) if below else 0, abs(high) if above else 0)
        yield Change("clipped", words, lambda array: np.clip(array, low, high), scale)


def _formats(values: Array, curve: Array) -> Iterator[Change]:
    for name in UNITS:
        if np.array_equal(narrowed_to(values, name), curve):
            words = f"is computed in {name}"
            yield Change("lower-precision", words, lambda array: narrowed_to(array, name), 1.0)  # noqa: B023


def _roundings(values: Array, curve: Array) -> Iterator[Change]:
    for words, change in _ROUNDINGS.items():
        if np.array_equal(change(values), curve):
            yield Change("rounded", f"is {words}", change, 1.0)


def _decimals(places: int) -> Callable[[Array], Array]:
    return lambda array: np.round(array, places)


def _binary(places: int, function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda array: np.ldexp(function(np.ldexp(array, places)), -places)


_ROUNDINGS: dict[str, Callable[[Array], Array]] = {
    "rounded to whole numbers": np.rint,
    "cut off to whole numbers": np.trunc,
    "rounded down to whole numbers": np.floor,
    "rounded up to whole numbers": np.ceil,
    **{f"rounded to {places} decimals": _decimals(places) for places in range(1, 13)},
    **{f"rounded to {places} binary places": _binary(places, np.rint) for places in range(1, 33)},
    **{f"cut off after {places} binary places": _binary(places, np.trunc) for places in (4, 8, 16)},
}


def _slopes(values: Array, curve: Array) -> Iterator[Change]:
    slope = float(curve[values == -1][0] / -1)
    if slope not in (0, 1, -1) and close(np.where(values < 0, slope * values, values), curve):
        words = f"is multiplied by {number(slope)} where it is negative"
        yield Change(
            "negative-side-scaled",
            words,
            lambda array: np.where(array < 0, slope * array, array),
            1.0,
        )


def _thresholds(
    examined: Examination, quantity: str, operand: str, values: Array, curve: Array
) -> Iterator[Change]:
    """Find the threshold below which values become 0: bracket it, then take a short number."""
    lost = np.abs(values[(curve == 0) & (values != 0)])
    kept = np.abs(values[(curve == values) & (values != 0)])
    if (
        not len(lost)
        or not len(kept)
        or lost.max() >= kept.min()
        or len(lost) + len(kept) + 1 != len(values)
    ):
        return
    low, high = float(lost.max()), float(kept.min())
    for _ in range(3):
        between = np.geomspace(low, high, 64)
        found = _curve(examined, quantity, operand, between)
        if found is None:
            return
        gone = found[1] == 0
        if gone.all() or not gone.any():
            return
        low, high = float(between[gone].max()), float(between[~gone].min())
    threshold = _shortest(low, high)
    words = f"is set to 0 where it is smaller than about {number(threshold)}"
    yield Change(
        "small-values-dropped",
        words,
        lambda array: np.where(np.abs(array) < threshold, 0, array),
        threshold,
    )


def _shortest(low: float, high: float) -> float:
    """Return the number with the fewest digits between two."""
    candidates = (float(f"{high:.{digits}g}") for digits in range(1, 17))
    return next((short for short in candidates if low <= short <= high), high)


def _verified(examined: Examination, quantity: str, change: Change, place: str) -> bool:
    """Whether a change gives every result, on probes of its own magnitude too."""
    names = [name for name in OPERANDS[quantity] if name in place.split(" and ")]

    def predicted(seen: Observed) -> Array | None:
        operands = {name: change.change(getattr(seen.probe.point, name)) for name in names}
        value = Probe(seen.probe.point._replace(**operands)).value(RIGHT[quantity])
        return value if value is None or names else change.change(value)

    evidence = [*examined.evidence(quantity), *_magnified(examined, quantity, change.scale)]
    if change.mistake != "lower-precision":
        return bool(explains(predicted, evidence))
    unit = UNITS[change.words.split()[-1]]
    return place == "" and all(_within(seen, quantity, unit) for seen in evidence)


def _magnified(examined: Examination, quantity: str, scale: float) -> Sequence[Observed]:
    """Look at the layer where operands and results lie on both sides of a magnitude."""
    base = numbered(5, 3, 4).map(lambda array: array / 7)
    points = [Operands(*(array * scale for array in base))]
    for name in OPERANDS[quantity]:
        for shrink in (2.0, 64.0):
            points.append(base._replace(**{name: getattr(base, name) * scale / shrink}))
    return examined.observe_all(points, quantity)


def _within(seen: Observed, quantity: str, unit: float) -> bool:
    """Whether the error is no larger than that of a format with this unit."""
    if seen.got is None or seen.got.shape != seen.right.shape:
        return False
    magnitude = Probe(seen.probe.point.map(np.abs)).right(quantity)
    bound = unit * (max(seen.probe.point.sizes) + 2) * magnitude.max(initial=0)
    overflown = ~np.isfinite(seen.got)
    return bool((overflown | (np.abs(seen.got - seen.right) <= bound)).all())
