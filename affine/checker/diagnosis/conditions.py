"""Where a quantity is wrong: equal sizes, sizes of one, entries of full precision."""

from collections.abc import Callable, Sequence

import numpy as np

from affine.checker.diagnosis.examination import Examination, Observed, close
from affine.checker.diagnosis.explanation import Explanation
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.fixtures import NAMES
from affine.checker.diagnosis.formats import OPERANDS
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import numbered
from affine.layer import Array, Operands

__all__ = ["condition", "guarded", "observed", "special_case", "where_wrong"]

_CONDITIONS: dict[str, Callable[[int, int, int], bool]] = {
    "N = 1": lambda n, d, m: n == 1,
    "D = 1": lambda n, d, m: d == 1,
    "M = 1": lambda n, d, m: m == 1,
    "N > 1": lambda n, d, m: n > 1,
    "D > 1": lambda n, d, m: d > 1,
    "M > 1": lambda n, d, m: m > 1,
    "N = D = M": lambda n, d, m: n == d == m,
    "D = M": lambda n, d, m: d == m,
    "N = M": lambda n, d, m: n == m,
    "N = D": lambda n, d, m: n == d,
    "D ≠ M": lambda n, d, m: d != m,
    "N ≠ M": lambda n, d, m: n != m,
    "N ≠ D": lambda n, d, m: n != d,
    "two sizes are equal": lambda n, d, m: len({n, d, m}) < 3,
    "not all sizes are equal": lambda n, d, m: len({n, d, m}) > 1,
    "N is even": lambda n, d, m: n % 2 == 0,
    "N is odd": lambda n, d, m: n % 2 == 1,
    "D is even": lambda n, d, m: d % 2 == 0,
    "D is odd": lambda n, d, m: d % 2 == 1,
    "M is even": lambda n, d, m: m % 2 == 0,
    "M is odd": lambda n, d, m: m % 2 == 1,
    "N > D": lambda n, d, m: n > d,
    "N < D": lambda n, d, m: n < d,
    "D > M": lambda n, d, m: d > m,
    "D < M": lambda n, d, m: d < m,
    "N > M": lambda n, d, m: n > m,
    "N < M": lambda n, d, m: n < m,
}


def _full_precision(point: Operands) -> bool:
    return any(not np.array_equal(array, array.astype(np.float32)) for array in point)


def _fractions(point: Operands) -> bool:
    return any(not np.array_equal(array, np.rint(array)) for array in point)


_SPECIAL: dict[str, Callable[[Operands], bool]] = {
    **{
        words: lambda point, words=words: _CONDITIONS[words](*point.sizes)  # type: ignore[misc]
        for words in ("N = D = M", "D = M", "N = M", "N = D", "N = 1", "D = 1", "M = 1")
    },
    "entries need double precision": _full_precision,
    "entries are not whole numbers": _fractions,
}


def condition(sizes: Sequence[tuple[int, int, int]], others: Sequence[tuple[int, int, int]]) -> str:
    """Return what is true of all the sizes and of none of the others; `""` if nothing is.

    Examples:
        >>> condition([(3, 3, 3), (4, 2, 2)], [(5, 3, 4)])
        'D = M'
        >>> condition([(9, 2, 2), (17, 3, 2)], [(5, 3, 4)])
        'N > 5'
    """
    for words, holds in _CONDITIONS.items():
        if all(holds(*each) for each in sizes) and not any(holds(*each) for each in others):
            return words
    for axis, name in enumerate("NDM"):
        least, most = (
            min(each[axis] for each in sizes),
            max((each[axis] for each in others), default=0),
        )
        if least > most > 0:
            return f"{name} > {most}"
    return ""


def special_case(examined: Examination, quantity: str) -> tuple[list[Explanation], str]:
    """Return the formulas that explain a quantity in a special case, and which case that is.

    Examples:
        >>> from affine.layer import Layer
        >>> def vjp(x, w, b):
        ...     same = len(x) == len(w) == len(b)
        ...     return x @ w + b, lambda g: (g @ w.T, x @ g if same else x.T @ g, g.sum(0))
        >>> special_case(Examination(Layer("mine", vjp)), "dw")[1]
        'N = D = M'
    """
    evidence = examined.evidence(quantity)
    for words, holds in _SPECIAL.items():
        there = [seen for seen in evidence if holds(seen.probe.point)]
        if sum(seen.wrong for seen in there) == sum(seen.wrong for seen in evidence):
            found = explanations(quantity, there, examined.raising(quantity))
            if found:
                return found, words
    return [], ""


def where_wrong(evidence: Sequence[Observed]) -> str:
    """Return the condition on the sizes under which a quantity is wrong; `""` if none is seen."""
    wrong = [seen.probe.point.sizes for seen in evidence if seen.wrong]
    right = [seen.probe.point.sizes for seen in evidence if not seen.wrong]
    return condition(wrong, right) if wrong and right else ""


def guarded(evidence: Sequence[Observed], code: str) -> str:
    """Return where a formula is used by a layer that is right where it would not fit.

    `""` if nothing says that it is not used everywhere.
    """
    used = [seen.probe.point.sizes for seen in evidence if seen.wrong]
    right = [
        seen.probe.point.sizes
        for seen in evidence
        if code and not seen.wrong and not close(seen.got, seen.probe.value(code))
    ]
    return (condition(used, right) or "its shape fits") if right else ""


def observed(examined: Examination, wrong: Sequence[str]) -> str:
    """Say what is seen of wrong quantities that no known mistake explains."""
    sentences = ["No known mistake explains this."]
    for name in wrong:
        evidence = examined.evidence(name)
        first = next(seen for seen in evidence if seen.wrong)
        n, d, m = first.probe.point.sizes
        where = where_wrong(evidence)
        sentences.append(f"With N = {n}, D = {d}, M = {m}, your {name} {_first_difference(first)}.")
        if where:
            sentences.append(f"It is wrong only where {where}.")
        if without := _without_effect(examined, name):
            sentences.append(f"It stays the same when {listed(without)} changes.")
    return " ".join(sentences)


def _without_effect(examined: Examination, quantity: str) -> list[str]:
    """Return the operands of the equation that make no difference to a result, at two sizes."""
    found = []
    for name in OPERANDS.get(quantity, ()):
        points = []
        for sizes in ((5, 3, 4), (3, 4, 2)):
            point = numbered(*sizes)
            points += [point, point._replace(**{name: getattr(numbered(*sizes, seed=1), name)})]
        got = [seen.got for seen in examined.observe_all(points, quantity)]
        if len(got) == 4 and close(got[0], got[1]) and close(got[2], got[3]):
            found.append(NAMES[name])
    return found


def _first_difference(seen: Observed) -> str:
    """Say how one result differs: its shape, or how many entries and the first of them."""
    if seen.got is None:
        return "is no array of numbers"
    if seen.got.shape != seen.right.shape:
        return f"has shape {seen.got.shape}, but should have {seen.right.shape}"
    differing = np.argwhere(_differing(seen.got, seen.right))
    if not len(differing):
        return "differs by little more than rounding"
    index = tuple(int(i) for i in differing[0])
    place = f"[{', '.join(map(str, index))}]"
    got, right = float(seen.got[index]), float(seen.right[index])
    count = f"{len(differing)} of {seen.right.size} entries differ"
    return f"has {got:g} at {place}, but should have {right:g} ({count})"


def _differing(got: Array, right: Array) -> Array:
    return np.asarray(~(np.isclose(got, right, rtol=1e-13, atol=0)))
