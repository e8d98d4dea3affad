"""An update step inside the backward pass: the parameters move along their gradients."""

from collections.abc import Callable, Mapping

import numpy as np

from affine.checker.diagnosis.examination import Examination, close
from affine.checker.diagnosis.explanation import Explanation
from affine.checker.diagnosis.factor import ratio
from affine.checker.diagnosis.fixtures import NAMES, copies, differing, fixed, named, results
from affine.checker.diagnosis.phrasing import listed, number
from affine.checker.diagnosis.probe import numbered
from affine.layer import Array, Operands

__all__ = ["step_between_passes", "step_on_arguments"]

# Rates by parameter, and whether dx was computed with the new W.
_Step = tuple[dict[str, float], bool]


def step_on_arguments(examined: Examination) -> Explanation | None:
    """Return the step that one pass takes on the caller's W and b, if that is all it changes.

    Examples:
        >>> from affine.layer import Layer
        >>> def vjp(x, w, b):
        ...     def pullback(dout):
        ...         dx, dw, db = dout @ w.T, x.T @ dout, dout.sum(axis=0)
        ...         w[...] -= 0.5 * dw
        ...         return dx, dw, db
        ...
        ...     return x @ w + b, pullback
        >>> step_on_arguments(Examination(Layer("mine", vjp))).sentence
        'The backward pass takes an update step: your W becomes W - 0.5·dw'
    """
    found = _same_everywhere(examined, _in_place)
    if found is None:
        return None
    moved = [f"your {NAMES[name]} becomes {NAMES[name]}{by}" for name, by in found[0].items()]
    return _explained(listed(moved), tuple(NAMES[name] for name in found[0]), found[1])


def step_between_passes(examined: Examination) -> Explanation | None:
    """Return the step on W that a second backward pass on one forward pass sees."""
    found = _same_everywhere(examined, _kept_by_the_layer)
    if found is None:
        return None
    return _explained(f"a second one computes dx with W{found[0]['w']}", ("W",), found[1])


def _explained(words: str, moved: tuple[str, ...], early: bool) -> Explanation:
    sentence = f"The backward pass takes an update step: {words}"
    if early:
        return Explanation("updated-too-early", sentence=sentence, about=("dx",))
    return Explanation("update-step-inside", sentence=sentence, about=moved)


def _same_everywhere(
    examined: Examination, step: Callable[[Examination, Operands], _Step | None]
) -> tuple[Mapping[str, str], bool] | None:
    """Return a step that is taken at two sizes: in numbers where the rate is the same at both."""
    first, second = step(examined, fixed()), step(examined, numbered(6, 5, 3))
    if first is None or second is None or first[1] != second[1] or set(first[0]) != set(second[0]):
        return None
    rates = {}
    for name, rate in first[0].items():
        alike = abs(rate / second[0][name] - 1) < 1e-9
        sign = "-" if rate < 0 else "+"
        rates[name] = (
            f" {sign} {number(float(f'{abs(rate):.9g}'))}·d{name}"
            if alike
            else (f" {sign} a multiple of d{name}")
        )
    return rates, first[1]


def _in_place(examined: Examination, point: Operands) -> _Step | None:
    given = examined.lent(point)
    found = copies(results(examined, given))
    pairs = zip(Operands._fields, point, given, strict=True)
    changes = {name: new - old for name, old, new in pairs if not np.array_equal(old, new)}
    if not changes or not set(changes) <= {"w", "b"}:
        return None
    rates = {
        name: _rate(change, found.get(f"d{name}"), getattr(point, name))
        for name, change in changes.items()
    }
    if not all(rates.values()):
        return None
    return rates, "w" in rates and close(found.get("dx"), point.dout @ given.w.T)


def _kept_by_the_layer(examined: Examination, point: Operands) -> _Step | None:
    given = examined.kept(point.map(np.copy))
    _, pullback = examined.layer.vjp(*given[:3])
    first = copies(named(pullback(point.dout.copy())))
    again = copies(named(pullback(point.dout.copy())))
    if differing(again, first) != ["dx"] or "dw" not in first:
        return None
    moved = point.dout @ first["dw"].T
    rate = _rate(again["dx"] - first["dx"], moved, first["dx"])
    if not rate:
        return None
    return {"w": rate}, close(first["dx"], point.dout @ point.w.T + rate * moved)


def _rate(change: Array, gradient: Array | None, size: Array) -> float:
    if gradient is None or gradient.shape != change.shape:
        return 0.0
    return ratio(change, gradient, float(np.abs(size).max(initial=0)))
