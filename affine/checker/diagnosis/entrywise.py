"""Mistakes that act entry by entry: a clip, a threshold, a rounding, a narrower format.

Each result is read as a function of one operand alone, the other one being 1: the curve of a
right layer is the identity. What the curve shows is then verified on other probes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import fit_strength
from affine.checker.diagnosis.phrasing import notation, number, shortest, with_verb
from affine.checker.diagnosis.probe import Probe, close, distinct_integers
from affine.layer import Array, Operands
from affine.quantities import AXES, QUANTITIES

_UNITS = {"float32": 2.0**-23, "bfloat16": 2.0**-7, "float16": 2.0**-10}
"""The narrower formats, with the distance from 1 to the next number in each."""


class Change(NamedTuple):
    """What happens to every entry, and in words, such as "clipped to [-1, 1]".

    The scale is a magnitude around which it shows, the unit that of a narrower format, in which
    the result may be computed in any order.
    """

    mistake: str
    words: str
    apply: Callable[[Array], Array]
    scale: float = 1.0
    unit: float = 0.0


def entrywise(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the change, entry by entry, that explains a wrong quantity."""
    operands = QUANTITIES[quantity].operands
    # Of the result, or of some operands: where several fit they are one.
    choices = [chosen for count in range(4) for chosen in combinations(operands, count)]
    with np.errstate(over="ignore"):
        values = _VALUES.astype(session.dtype).astype(np.float64)
    values = values[np.isfinite(values)]
    for operand in operands:
        curve = _curve(session, quantity, operand, values)
        if curve is None or np.array_equal(values, curve):
            continue
        for change in _changes(session, quantity, operand, values, curve):
            for changed in choices:
                if _verified(session, quantity, change, changed):
                    what = with_verb([notation(name) for name in changed], "is", "are")
                    subject = f"In your {quantity}, {what}" if changed else f"Your {quantity} is"
                    return [Explanation(change.mistake, f"{subject} {change.words}")]
    return []


def _narrowed(name: str, array: Array) -> Array:
    """Return numbers as they come back from a narrower format."""
    with np.errstate(all="ignore"):
        if name != "bfloat16":
            return array.astype(name).astype(np.float64)
        # The upper half of a float32, rounded to even.
        bits = np.ascontiguousarray(array, np.float32).view(np.uint32).astype(np.uint64)
        rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
        found = rounded.astype(np.uint32).view(np.float32).astype(np.float64)
        return np.where(np.isfinite(array), found, array)


# ------------------------------------------------------------------ the curve

# Powers of two, sevenths and tenths, and numbers that need every bit, of both signs.
_POSITIVE = np.concatenate([
    np.ldexp(1.0, np.arange(-40, 41, 2)), np.arange(1, 40) / 7,
    [0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 123.456, 0.123456789],
    [2.0**11 + 1, 2.0**24 + 1, 2.0**52 + 1],
])  # fmt: skip
_VALUES = np.concatenate([_POSITIVE, -_POSITIVE, [0.0]])


def _curve(session: ProbeSession, quantity: str, operand: str, values: Array) -> Array | None:
    """Return a result as a function of one operand, which varies along one side of both."""
    sides = AXES[quantity]
    side = next(side for side in AXES[operand] if side in sides)
    lengths = {"N": 2, "D": 2, "M": 2, side: len(values)}
    point = {name: np.ones([lengths[each] for each in AXES[name]]) for name in Operands._fields}
    point["b"] *= 0
    if operand == "b":
        point["x"] *= 0
    # The values once, at the first place of the other side, so that a sum holds one of them.
    point[operand] *= 0
    along = np.moveaxis(point[operand], AXES[operand].index(side), -1)
    along[(0,) * (along.ndim - 1)] = values
    trial = session.observe(Probe(Operands(**point))).results.get(quantity)
    if trial is None or trial.got is None or trial.got.shape != trial.right.shape:
        return None
    line = np.moveaxis(trial.got.astype(np.float64), sides.index(side), -1)
    return np.asarray(line[(0,) * (line.ndim - 1)])


def _changes(
    session: ProbeSession, quantity: str, operand: str, values: Array, curve: Array
) -> Iterator[Change]:
    """Yield the changes that give the curve."""
    low, high = float(curve.min()), float(curve.max())
    candidates = [*_ROUNDINGS, *_thresholds(session, quantity, operand, values, curve)]
    for name, unit in _UNITS.items():
        if unit > np.finfo(session.dtype).eps:  # the format of the arguments is no mistake
            narrow = partial(_narrowed, name)
            candidates += [
                Change("lower-precision", f"rounded to {name}", narrow),
                Change("lower-precision", f"computed in {name}", narrow, unit=unit),
            ]
    if low < high and np.isfinite(curve).all():
        below, above = low > values.min(), high < values.max()
        words = f"clipped to [{number(low)}, {number(high)}]"
        if not (below and above):
            words = f"cut off {f'below {number(low)}' if below else f'above {number(high)}'}"
        scale = max(abs(low) * below, abs(high) * above)
        clip = Change("clipped", words, lambda array: np.clip(array, low, high), scale)
        candidates.insert(0, clip)
    yield from (each for each in candidates if np.array_equal(each.apply(values), curve))
    slope = float(curve[values == -1][0] / -1)

    def scaled(array: Array) -> Array:
        return np.where(array < 0, slope * array, array)

    if np.isfinite(slope) and slope not in (0, 1, -1) and close(scaled(values), curve):
        words = f"multiplied by {number(slope)} where it is negative"
        yield Change("negative-side-scaled", words, scaled)


def _rounded(words: str, function: Callable[[Array], Array], parts: float = 1.0) -> Change:
    return Change("rounded", words, lambda array: function(array * parts) / parts)


_ROUNDINGS = [
    _rounded("rounded to whole numbers", np.rint),
    _rounded("cut off to whole numbers", np.trunc),
    _rounded("rounded down to whole numbers", np.floor),
    _rounded("rounded up to whole numbers", np.ceil),
    *(_rounded(f"rounded to {n} decimals", np.rint, 10.0**n) for n in range(1, 13)),
    *(_rounded(f"rounded to {n} binary places", np.rint, 2.0**n) for n in range(1, 33)),
    *(_rounded(f"cut off after {n} binary places", np.trunc, 2.0**n) for n in (4, 8, 16)),
]


def _thresholds(
    session: ProbeSession, quantity: str, operand: str, values: Array, curve: Array
) -> Iterator[Change]:
    """Find the threshold below which values become 0: bracket it, then take a short number."""
    lost = np.abs(values[(curve == 0) & (values != 0)])
    kept = np.abs(values[(curve == values) & (values != 0)])
    if not len(lost) or not len(kept) or lost.max() >= kept.min():
        return
    between = np.geomspace(lost.max(), kept.min(), 4096)
    found = _curve(session, quantity, operand, between)
    if found is None or (found == 0).all() or found.all():
        return
    low, high = float(between[found == 0].max()), float(between[found != 0].min())
    threshold = shortest(high, lambda near: low <= near <= high)
    yield Change(
        "small-values-dropped",
        f"set to 0 where it is smaller than about {number(threshold)}",
        lambda array: np.where(np.abs(array) < threshold, 0, array),
        threshold,
    )


# ------------------------------------------------------------------ verification


def _verified(session: ProbeSession, quantity: str, change: Change, changed: Sequence[str]) -> bool:
    """Whether a change gives every result, also where operands lie around its own magnitude.

    What is computed in a narrower format may differ by as much as any order in it does.
    """
    base = distinct_integers(5, 3, 4).map(lambda array: array / 7)
    points = [base.map(lambda array: array * change.scale)]
    for name, shrink in product(QUANTITIES[quantity].operands, (2.0, 64.0)):
        points.append(base._replace(**{name: getattr(base, name) * change.scale / shrink}))
    evidence = [*session.evidence(quantity), *session.observe_all(points, quantity)]

    def value(trial: Trial) -> Array | None:
        if not changed:
            return change.apply(trial.right)
        operands = {name: change.apply(getattr(trial.probe.point, name)) for name in changed}
        return Probe(trial.probe.point._replace(**operands)).value(QUANTITIES[quantity].code)

    if not change.unit:
        return bool(fit_strength(value, evidence))
    if changed:
        return False
    for trial in evidence:
        if trial.got is None or trial.got.shape != trial.right.shape:
            return False
        magnitude = Probe(trial.probe.point.map(np.abs)).right(quantity)
        bound = change.unit * (max(trial.probe.point.sizes) + 2) * magnitude.max(initial=0)
        error = np.abs(trial.got - trial.right)[np.isfinite(trial.got)]
        if (error > bound).any():
            return False
    return True
