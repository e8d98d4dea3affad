"""Which wrong formula gives what the layer returned, on every probe."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, product
from math import log10

import numpy as np

from affine.checker.diagnosis.catalogue import (
    CORRECT,
    Explanation,
    Formula,
    formulas,
    scales,
    terms,
)
from affine.checker.diagnosis.examination import Trial
from affine.checker.diagnosis.phrasing import number, scaled, shortest, summed
from affine.checker.diagnosis.probe import Probe, close
from affine.layer import Array

# The simplest first: the first that fits is shown.
_SIZES = (
    "1", "1 / n", "1 / m", "1 / d", "n", "m", "d", "1 / (n - 1)", "1 / (n + 1)", "1 / np.sqrt(n)",
    "1 / np.sqrt(d)", "1 / np.sqrt(m)", "np.sqrt(n)", "np.sqrt(d)", "np.sqrt(m)", "1 / (n * n)",
)  # fmt: skip
# The term that is scaled, and the other one.
_PARTS = {
    "out": (
        (Formula("product-scaled", "x @ w"), "np.tile(b, (n, 1))"),
        (Formula("bias-scaled", "np.tile(b, (n, 1))"), "x @ w"),
    )
}
_CONSTANT = {-1.0: "wrong-sign", 0.0: "always-zero"}
_TINY = float(np.finfo(np.float64).tiny)
"""What a factor has to exceed for its reciprocal to be a number."""


def explanations(
    quantity: str, evidence: Sequence[Trial], raising: Sequence[Probe] = ()
) -> list[Explanation]:
    """Return the formulas that explain a wrong quantity, of the simplest kind that has any.

    A formula whose shapes do not fit raises, so where the layer raised is evidence too.
    """
    if quantity not in CORRECT or sum(trial.wrong for trial in evidence) < 2:
        return []
    for kind in _KINDS:
        if found := _best(list(kind(quantity, evidence)), quantity, evidence, raising):
            return found
    return []


def fit_strength(value: Callable[[Trial], Array | None], evidence: Sequence[Trial]) -> int:
    """How well a formula gives every result: 2 everywhere, 1 with a guard, 0 not at all.

    It takes at least two probes on which the layer is wrong. Where the formula does not run, or
    has another shape than the equation, a layer may guard against it and be right there. So it may
    where the formula is no number, such as 1/(N − 1) for N = 1.
    """
    explained, strength = 0, 2
    wrong, right = (t for t in evidence if t.wrong), (t for t in evidence if not t.wrong)
    for trial in chain(wrong, right):  # most formulas fail on the first that is wrong
        predicted = value(trial)
        fits = trial.fits(predicted)
        # What has one row for db is no other shape where the layer returns a plain db.
        shapes = {trial.right.shape, *([(1, trial.right.size)] * (trial.right.ndim == 1))}
        if predicted is None or predicted.shape not in shapes:
            if trial.wrong and not fits:
                return 0
            strength = min(strength, 1 + close(trial.got, predicted))
        elif not fits and (trial.wrong or np.isfinite(predicted).all()):
            return 0
        # That NaN is NaN says nothing of where it comes from.
        is_number = predicted is not None and bool(np.isfinite(predicted).all())
        explained += trial.wrong and fits and is_number
    return strength if explained >= 2 else 0


def _best(
    found: list[Explanation], quantity: str, evidence: Sequence[Trial], raising: Sequence[Probe]
) -> list[Explanation]:
    """Keep the explanations that fit best, and of those that are one function the first."""

    def misfit(each: Explanation) -> tuple[int, int]:
        values = [(probe.value(each.code), probe.right(quantity).shape) for probe in raising]
        runs = sum(value is not None and value.shape == shape for value, shape in values)
        return runs, -fit_strength(_value_of(each.code), evidence)

    def same(one: str, other: str) -> bool:
        pairs = [(p.value(one), p.value(other)) for p in (*(s.probe for s in evidence), *raising)]
        return all((a is None and b is None) or close(a, b) for a, b in pairs)

    if len({each.mistake for each in found}) < 2:
        return found[:1]
    misfits = list(map(misfit, found))
    best = [each for each, its in zip(found, misfits, strict=True) if its == min(misfits)]
    return [
        each
        for place, each in enumerate(best)
        if not any(same(each.code, other.code) for other in best[:place])
    ]


# ------------------------------------------------------------------ the factor of a term


def ratio(rest: Array, value: Array, size: float = 0.0, unit: float = 2.0**-52) -> float:
    """Return the factor that makes a value the rest, up to rounding; 0 if there is none.

    The unit is that of the format in which the rest was rounded, at 1.
    """
    index = np.unravel_index(np.abs(value).argmax(), value.shape)
    slope = float(rest[index] / value[index]) if value.any() else 0.0
    slack = 4500 * unit * float(size + np.abs(value * slope).max(initial=0))
    return slope if (np.abs(rest - slope * value) <= slack).all() else 0.0


def _value_of(code: str) -> Callable[[Trial], Array | None]:
    return lambda trial: trial.probe.value(code)


def _factors(
    evidence: Sequence[Trial],
    term: str,
    codes: Sequence[str],
    base: str = "",
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
        fitted = slope / float(unit)
        # The short number that the fitted one stands for, if there is one within rounding.
        slack = 64 * pivot.unit
        short = float(f"{fitted:.{max(int(-log10(slack)) - 1, 2)}g}")
        factor = short if abs(short - fitted) <= slack * abs(fitted) else fitted
        code = f"{base} + {factor!r} * ({scale}) * ({term})".removeprefix(" + ")
        if not verified or fit_strength(_value_of(code), evidence):
            yield scale, factor


def _pivot(evidence: Sequence[Trial], term: str, base: str) -> tuple[Trial | None, float]:
    """Return where the term is largest beside the result, and how often it is contained there."""
    best, found, steepness = 0.0, None, 0.0
    for trial in evidence:
        got = trial.got
        if not trial.wrong or got is None:
            continue
        value = trial.probe.value(term)
        start = trial.probe.value(base) if base else np.zeros_like(trial.right)
        if value is None or start is None:
            continue
        if not value.shape == got.shape == start.shape or not value.any():
            continue
        rest = got - start if base else got
        if not np.isfinite(value + got).all() or not rest.any():
            continue
        slope = ratio(rest, value, np.abs(got).max(), trial.unit)
        if not slope:
            # A term that is not proportional here is none anywhere: give up at once.
            return None, 0.0
        weight = float(np.abs(value).max() / (np.abs(got).max() + np.abs(rest).max()))
        if weight > best:
            best, found, steepness = weight, trial, slope
    return found, steepness


# ------------------------------------------------------------------ the kinds of formulas


def _scaled(quantity: str, evidence: Sequence[Trial]) -> Iterator[Explanation]:
    right = CORRECT[quantity]
    codes = dict.fromkeys([*_SIZES, *(scale.code for scale in scales() if scale.code != "-1")])
    for scale, factor in _factors(evidence, right, list(codes)):
        yield Explanation(_name_of_scale(scale, factor), code=scaled(right, scale, factor))
    for found in formulas(quantity):
        if fit_strength(_value_of(found.code), evidence):
            yield Explanation(found.mistake, code=found.code)


def _name_of_scale(scale: str, factor: float) -> str:
    if scale == "1":
        return _CONSTANT.get(factor, "scaled-by-a-constant")
    name = next((known.mistake for known in scales() if known.code == scale), "")
    depends_on_values = re.search(r"\b(?:x|w|b|dout)\b", scale)
    return name if factor == 1 or depends_on_values else "scaled-by-sizes-and-a-constant"


def _added(quantity: str, evidence: Sequence[Trial]) -> Iterator[Explanation]:
    """Yield right + factor · scale · term; a term with a factor of its own goes first."""
    right, taken = CORRECT[quantity], set()
    for term in terms(quantity):
        if term.code in taken:
            continue
        scale, factor = next(_factors(evidence, term.code, _SIZES[:7], right), ("", 0.0))
        if scale and (term.factor is None or (scale == "1" and factor == term.factor)):
            taken.add(term.code)
            says = term.says.format(
                plus=number(factor),
                multiple="" if factor == 1 else f"{number(factor)} times ",
                times=number(1 + factor),
                count="twice" if factor == 1 else f"{number(1 + factor)} times",
            )
            code = summed(right, scale, factor, term.code)
            yield Explanation(term.mistake, code=code, says=says if scale == "1" else "")


def _scaled_structures(quantity: str, evidence: Sequence[Trial]) -> Iterator[Explanation]:
    """Yield the sum of the right terms, one of them scaled, and scaled wrong formulas."""
    for found, rest in (*_PARTS.get(quantity, ()), *((each, "") for each in formulas(quantity))):
        for scale, factor in islice(_factors(evidence, found.code, _SIZES, rest), 1):
            code = scaled(found.code, scale, factor)
            yield Explanation(found.mistake, code=f"{code} + {rest}" if rest else code)


def _scaled_and_added(quantity: str, evidence: Sequence[Trial]) -> Iterator[Explanation]:
    """Yield scale · right + factor · term, the term read off where the right result is 0."""
    zero = [trial for trial in evidence if trial.wrong and not trial.right.any()]
    right = CORRECT[quantity]
    for term in terms(quantity):
        for _, factor in _factors(zero, term.code, ["1"], verified=False):
            known = f"{factor!r} * ({term.code})"
            for scale, outer in islice(_factors(evidence, right, _SIZES, known), 1):
                code = summed(scaled(right, scale, outer), "1", factor, term.code)
                yield Explanation(_name_of_scale(scale, outer), code=code, also=term.mistake)


def _normalised(quantity: str, evidence: Sequence[Trial]) -> Iterator[Explanation]:
    """Yield right · min(1, limit / size) and right / (size + ε), for the size of some array."""
    right = CORRECT[quantity]
    slopes = [
        (trial.probe, slope)
        for trial in evidence
        if trial.wrong and trial.got is not None and trial.got.shape == trial.right.shape
        if np.isfinite(trial.got).all()
        and (slope := ratio(trial.got, trial.right, unit=trial.unit)) > _TINY
    ]
    norms = ("np.linalg.norm({})", "abs({}).max()")
    for array, norm in product((f"({right})", "dout", "x", "w"), norms):
        size = norm.format(array)
        found = [(float(v), slope) for p, slope in slopes if (v := p.value(size)) is not None]
        if not found:
            continue
        limit = number(max(value * slope for value, slope in found))
        code = f"({right}) * min(1, {limit} / max({size}, 1e-300))"
        if fit_strength(_value_of(code), evidence):
            says = f"({right}) * min(1, {limit} / ({size}))"
            yield Explanation("normalised", code=code, says=says)
            return
        least, slope = min(found, key=lambda pair: pair[0])
        extra, slack = 1 / slope - least, 1e-14 * max(1 / slope, least)
        short = shortest(extra, lambda near: abs(near - extra) <= slack)  # noqa: B023
        code = f"({right}) / ({size} + {number(short)})"
        if fit_strength(_value_of(code), evidence):
            yield Explanation("normalised", code=code)
            return


_KINDS = (_scaled, _added, _scaled_structures, _scaled_and_added, _normalised)
"""The simplest first."""
