"""Which wrong formula gives what the layer returned, on every probe."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from affine.checker.diagnosis.catalogue import RIGHT, Formula, formulas, scales, terms
from affine.checker.diagnosis.examination import Observed, close
from affine.checker.diagnosis.explanation import Explanation, explains
from affine.checker.diagnosis.factor import factors, ratio, value_of
from affine.checker.diagnosis.phrasing import number, scaled, summed
from affine.checker.diagnosis.probe import Probe
from affine.layer import Array

__all__ = ["explanations"]

# The simplest first: the first that fits is shown.
_SIZES = (
    "1", "1 / n", "1 / m", "1 / d", "n", "m", "d", "1 / (n - 1)", "1 / (n + 1)", "1 / np.sqrt(n)",
    "1 / np.sqrt(d)", "1 / np.sqrt(m)", "np.sqrt(n)", "np.sqrt(d)", "np.sqrt(m)", "1 / (n * n)",
)  # fmt: skip
# The other terms, the one that is scaled, and the mistake.
_PARTS = {
    "out": (
        ("np.tile(b, (n, 1))", "x @ w", "product-scaled"),
        ("x @ w", "np.tile(b, (n, 1))", "bias-scaled"),
    )
}
_CONSTANT = {-1.0: "wrong-sign", 0.0: "always-zero"}


def explanations(
    quantity: str, evidence: Sequence[Observed], raised: Sequence[Probe] = ()
) -> list[Explanation]:
    """Return the formulas that explain a wrong quantity, of the simplest kind that has any.

    Args:
        quantity: Which result.
        evidence: What the layer returned.
        raised: Where it raised instead, as a wrong formula does whose shapes do not fit.

    Examples:
        >>> from affine.layer import Layer
        >>> from affine.checker.diagnosis.examination import Examination
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout / len(x), dout.sum(0))
        >>> explanations("dw", Examination(Layer("mine", vjp)).evidence("dw"))[0].shown
        'Xᵀ·dout / N'
    """
    if quantity not in RIGHT or sum(seen.wrong for seen in evidence) < 2:
        return []
    for kind in _KINDS:
        found = _different(list(kind(quantity, evidence)), quantity, [*evidence], raised)
        if found:
            return found
    return []


def _different(
    found: list[Explanation], quantity: str, evidence: list[Observed], raised: Sequence[Probe]
) -> list[Explanation]:
    """Keep the explanations that fit best, and of those that are one function the first."""
    probes = [*(seen.probe for seen in evidence), *raised]

    def misfit(each: Explanation) -> tuple[int, int]:
        strength = explains(lambda seen: seen.probe.value(each.code), evidence)
        runs = sum(
            value is not None and value.shape == probe.right(quantity).shape
            for probe in raised
            if (value := probe.value(each.code)) is not None
        )
        return runs, -strength

    if len({each.mistake for each in found}) < 2:
        return found[:1]
    least = min(map(misfit, found))
    best = [each for each in found if misfit(each) == least]
    return [
        each
        for place, each in enumerate(best)
        if not any(_same(each.code, other.code, probes) for other in best[:place])
    ]


def _same(one: str, other: str, probes: Sequence[Probe]) -> bool:
    def equal(probe: Probe) -> bool:
        first, second = probe.value(one), probe.value(other)
        return (first is None and second is None) or close(first, second)

    return all(map(equal, probes))


def _plain(quantity: str, evidence: Sequence[Observed]) -> Iterator[Explanation]:
    for found in formulas(quantity):
        if explains(lambda seen: seen.probe.value(found.code), evidence):  # noqa: B023
            yield Explanation(found.mistake, found.code)


def _scaled(quantity: str, evidence: Sequence[Observed]) -> Iterator[Explanation]:
    right = RIGHT[quantity]
    codes = dict.fromkeys([*_SIZES, *(scale.code for scale in scales() if scale.code != "-1")])
    for scale, factor in factors(evidence, right, list(codes)):
        yield Explanation(_name_of_scale(scale, factor), scaled(right, scale, factor))


def _name_of_scale(scale: str, factor: float) -> str:
    if scale == "1":
        return _CONSTANT.get(factor, "scaled-by-a-constant")
    name = next((known.mistake for known in scales() if known.code == scale), "")
    depends_on_values = re.search(r"\b(?:x|w|b|dout)\b", scale)
    return name if factor == 1 or depends_on_values else "scaled-by-sizes-and-a-constant"


def _added(quantity: str, evidence: Sequence[Observed]) -> Iterator[Explanation]:
    """Yield right + factor · scale · term; a term with a factor of its own goes first."""
    right, taken = RIGHT[quantity], set()
    for term in terms(quantity):
        if term.code in taken:
            continue
        for scale, factor in factors(evidence, term.code, _SIZES[:7], value_of(right)):
            if term.factor is None or (scale == "1" and factor == term.factor):
                taken.add(term.code)
                code = summed(right, scale, factor, term.code)
                says = _said(right, term, factor) if scale == "1" else ""
                yield Explanation(term.mistake, code, says=says)
            break


def _said(right: str, term: Formula, factor: float) -> str:
    says = term.says.format(plus=number(factor), times=number(1 + factor))
    says = says.replace("plus 1 times ", "plus ").replace("counted 2 times", "counted twice")
    # A whole formula, or what is done to the right one.
    return says if " @ " in says or not says else f"{right}, {says}"


def _scaled_structures(quantity: str, evidence: Sequence[Observed]) -> Iterator[Explanation]:
    for found in formulas(quantity):
        for scale, factor in factors(evidence, found.code, _SIZES):
            yield Explanation(found.mistake, scaled(found.code, scale, factor))
            break


def _scaled_and_added(quantity: str, evidence: Sequence[Observed]) -> Iterator[Explanation]:
    """Yield scale · right + factor · term, the term read off where the right result is 0."""
    zero = [seen for seen in evidence if seen.wrong and not seen.right.any()]
    right = RIGHT[quantity]
    for term in terms(quantity):
        for _, factor in factors(zero, term.code, ["1"], verified=False):

            def known(
                seen: Observed, code: str = term.code, factor: float = factor
            ) -> Array | None:
                value = seen.probe.value(code)
                return None if value is None else factor * value

            for scale, outer in factors(evidence, right, _SIZES, known):
                code = summed(scaled(right, scale, outer), "1", factor, term.code)
                yield Explanation(_name_of_scale(scale, outer), code, also=term.mistake)
                break


def _scaled_parts(quantity: str, evidence: Sequence[Observed]) -> Iterator[Explanation]:
    """Yield the sum of the right terms, one of them scaled."""
    for rest, term, mistake in _PARTS.get(quantity, ()):
        for scale, factor in factors(evidence, term, _SIZES, value_of(rest)):
            yield Explanation(mistake, f"{scaled(term, scale, factor)} + {rest}")
            break


def _normalised(quantity: str, evidence: Sequence[Observed]) -> Iterator[Explanation]:
    """Yield right · min(1, limit / size) and right / (size + ε), for the size of some array."""
    right = RIGHT[quantity]
    slopes = [
        (seen, slope)
        for seen in evidence
        if seen.wrong and seen.got is not None and seen.got.shape == seen.right.shape
        if np.isfinite(seen.got).all() and (slope := ratio(seen.got, seen.right)) > 0
    ]
    for array in (f"({right})", "dout", "x", "w"):
        for size in (f"np.linalg.norm({array})", f"abs({array}).max()"):
            found = [(s, float(v), r) for s, r in slopes if (v := s.probe.value(size)) is not None]
            if not found:
                continue
            limit = max(value * slope for _, value, slope in found)
            _, least, slope = min(found, key=lambda each: each[1])
            for code in (
                f"({right}) * min(1, {number(limit)} / max({size}, 1e-300))",
                f"({right}) / ({size} + {number(_difference(1 / slope, least))})",
            ):
                if explains(value_of(code), evidence):
                    yield Explanation(
                        "normalised", code, says=code.replace(f"max({size}, 1e-300)", f"({size})")
                    )
                    return


def _difference(one: float, other: float) -> float:
    """Return the shortest number that the rounding of two does not tell from their difference."""
    slack = 1e-14 * max(abs(one), abs(other))
    candidates = (float(f"{one - other:.{digits}g}") for digits in range(1, 17))
    return next((short for short in candidates if abs(short - (one - other)) <= slack), one - other)


_KINDS = (
    _scaled, _plain, _added, _scaled_parts, _scaled_structures, _scaled_and_added, _normalised,
)  # fmt: skip
"""The simplest first."""
