"""Where a quantity is wrong: at which sizes, and beyond which; what is left of blocks."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import Probe, close, distinct_integers
from affine.layer import Array
from affine.quantities import AXES, QUANTITIES

__all__ = ["by_size", "condition", "describe_observed", "guarded", "remainder", "special_case"]

Sizes = tuple[int, int, int]

# The first that holds is the one that is said.
_CONDITIONS = {
    **{
        code.upper().replace("==", "=").replace("!=", "≠"): code
        for code in (
            "n == 1", "d == 1", "m == 1", "n > 1", "d > 1", "m > 1", "n == d == m", "d == m",
            "n == m", "n == d", "d != m", "n != m", "n != d",
        )
    },
    "two sizes are equal": "len({n, d, m}) < 3",
    "not all sizes are equal": "len({n, d, m}) > 1",
    **{
        f"{side.upper()} is {kind}": f"{side} % 2 == {rest}"
        for side in "ndm"
        for kind, rest in (("even", 0), ("odd", 1))
    },
    **{code.upper(): code for code in ("n > d", "n < d", "d > m", "d < m", "n > m", "n < m")},
}  # fmt: skip
# Those of a special case in the code, with a formula of its own.
_SPECIAL = (
    "N = D = M", "D = M", "N = M", "N = D", "N = 1", "D = 1", "M = 1", "N > 1", "D > 1", "M > 1",
)  # fmt: skip


def condition(sizes: Sequence[Sizes], others: Sequence[Sizes]) -> str:
    """Return what is true of all the sizes and of none of the others; `""` if nothing is."""
    for words in _CONDITIONS:
        everywhere = all(_holds(words, each) for each in sizes)
        if everywhere and not any(_holds(words, each) for each in others):
            return words
    for axis, name in enumerate("NDM"):
        most = max((each[axis] for each in others), default=0)
        if min(each[axis] for each in sizes) > most > 0:
            return f"{name} > {most}"
    return ""


@cache
def _holds(words: str, sizes: Sizes) -> bool:
    return bool(eval(_CONDITIONS[words], {}, dict(zip("ndm", sizes, strict=True))))


def special_case(session: ProbeSession, quantity: str) -> tuple[list[Explanation], str]:
    """Return the formulas that explain a quantity in a special case, and which case that is."""
    evidence = session.evidence(quantity)
    for words in _SPECIAL:
        there = [trial for trial in evidence if _holds(words, trial.probe.point.sizes)]
        if sum(trial.wrong for trial in there) == sum(trial.wrong for trial in evidence):
            found = explanations(quantity, there, session.raising(quantity))
            if found:
                return found, words
    return [], ""


def guarded(evidence: Sequence[Trial], code: str) -> str:
    """Return where a formula is used by a layer that is right where it would not fit.

    `""` if nothing says that it is not used everywhere.
    """
    used = [trial.probe.point.sizes for trial in evidence if trial.wrong]
    right = [
        trial.probe.point.sizes
        for trial in evidence
        if code and not trial.wrong and not trial.fits(trial.probe.value(code))
    ]
    return (condition(used, right) or "its shape fits") if right else ""


# ------------------------------------------------------------------ what no mistake explains


def describe_observed(session: ProbeSession, wrong: Sequence[str]) -> str:
    """Say what is seen of wrong quantities that no known mistake explains."""
    sentences = [f"Your {name} is wrong {_where(session, name)}." for name in wrong]
    return " ".join(["No known mistake explains this.", *sentences])


def _where(session: ProbeSession, name: str) -> str:
    if session.raising(name):  # nothing is known of the result there
        return "in some calls, and others raise"
    failing, fine = (
        [trial.probe.point.sizes for trial in session.evidence(name) if trial.wrong is it]
        for it in (True, False)
    )
    if not fine:
        return "in every call"
    words = condition(failing, fine)
    return f"only where {words}" if words else "in some calls"


# ------------------------------------------------------------------ along one side

_THINGS = {"N": "data points", "D": "features", "M": "outputs"}
# The size of a block, and the length from which only full ones are used.
_Rule = tuple[int, int]
_LARGEST = 520


class _Along:
    """A quantity of a layer as one side, N, D or M, becomes longer."""

    def __init__(self, session: ProbeSession, quantity: str, name: str) -> None:
        self.session, self.quantity, self.name = session, quantity, name
        self.evidence = session.evidence(quantity)
        self.wrong = [trial for trial in self.evidence if trial.wrong]
        self.least = min(map(self.length, self.wrong), default=0)
        self.most = max(map(self.length, self.wrong), default=0)

    def length(self, trial: Trial) -> int:
        """Return how long the side is on a probe."""
        return trial.probe.point.sizes["NDM".index(self.name)]

    def series(self, lengths: Sequence[int]) -> list[Trial]:
        """Look at other lengths; the other sides are as short as they are known to matter."""
        sizes = list(map(min, zip(*(trial.probe.point.sizes for trial in self.wrong), strict=True)))
        points = []
        for length in lengths:
            sizes["NDM".index(self.name)] = length
            points.append(distinct_integers(*sizes))
        return self.session.observe_all(points, self.quantity)

    def others(self, series: Sequence[Trial]) -> str:
        """Say at which other sizes a series was observed."""
        sizes = zip("NDM", series[0].probe.point.sizes, strict=True)
        words = [f"{other} = {size}" for other, size in sizes if other != self.name]
        return f", with {listed(words)}"

    def fitting(self, evidence: Sequence[Trial], rules: Sequence[_Rule]) -> list[_Rule]:
        """Return the rules that give every result."""

        def fits(trial: Trial, block: int, least: int) -> bool:
            length = self.length(trial)
            kept = length // block * block if length >= least else length
            if (kept == length) == trial.wrong:
                return not trial.right.any()
            return close(trial.got, self.stopped(trial, kept))

        return [rule for rule in rules if all(fits(trial, *rule) for trial in evidence)]

    def stopped(self, trial: Trial, kept: int) -> Array:
        """Return what is left of a result if a side that is summed or filled stops early."""
        sides, operands = AXES[self.quantity], QUANTITIES[self.quantity].operands
        if self.name in sides:
            result = trial.right.copy()
            np.moveaxis(result, sides.index(self.name), 0)[kept:] = 0
            return result
        name = next(name for name in operands if self.name in AXES[name])
        operand = getattr(trial.probe.point, name).copy()
        np.moveaxis(operand, AXES[name].index(self.name), 0)[kept:] = 0
        return Probe(trial.probe.point._replace(**{name: operand})).right(self.quantity)


def remainder(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the block size and the side of which only full blocks are used."""
    for name in (QUANTITIES[quantity].summed, *AXES[quantity]):
        along = _Along(session, quantity, name)
        blocks = range(2, min(along.most, _LARGEST) + 1)
        rules = along.fitting(along.wrong, [(n, least) for n in blocks for least in (0, n)])
        if not rules:
            continue
        full, least, most = along.least - 1, along.least, along.most
        # Around it, past it, and what tells a block from its divisors.
        lengths = {5, 7, *range(full, least + 9), *(full + full // part for part in (1, 2, 3, 4))}
        lengths |= {2 * least - 1, 2 * least, most + 1, min(2 * most, 1100) + 1}
        series = along.series(sorted(lengths - {0}))
        rules = along.fitting(series, rules)
        if sum(trial.wrong for trial in series) < 2 or len({block for block, _ in rules}) != 1:
            continue
        others = zip("NDM", series[-1].probe.point.sizes, strict=True)
        wide = distinct_integers(
            *(length if side == name else length + 5 for side, length in others)
        )
        everywhere = [*along.evidence, *session.observe_all([wide], quantity)]
        where = "" if along.fitting(everywhere, rules) else along.others(series)
        words = f"takes the {_THINGS[name]} in blocks of {rules[0][0]} and leaves out what remains"
        sentence = f"Your {quantity} {words} after the last full block{where}"
        return [Explanation("blocks-without-the-remainder", sentence)]
    return []


def by_size(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the size beyond which a quantity is wrong, found by bisection."""
    for along in sorted(
        (_Along(session, quantity, name) for name in _THINGS), key=lambda along: -along.least
    ):
        # Right for one or two only is no switch at a size: few terms may make no difference.
        low, high = 3, along.least
        start = along.series([low, high]) if low < high else []
        if [trial.wrong for trial in start] != [False, True]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            found = along.series([middle])
            if not found:
                return []
            low, high = (low, middle) if found[0].wrong else (middle, high)
        # Make sure that it is right up to there, and wrong at every length beyond.
        series = along.series(
            [low, *range(low + 1, low + 4), 2 * low, 2 * low + 1, 3 * low, 4 * low]
        )
        if [trial.wrong for trial in series] != [False, *[True] * 7] or along.least <= low:
            continue
        beyond = [
            trial for trial in along.evidence if along.length(trial) > low and trial.right.any()
        ]
        where = "" if all(trial.wrong for trial in beyond) else along.others(series)
        if where and low < 6:
            continue  # a corner of something else, and no size of its own
        formulas = explanations(quantity, [*series[1:], *along.wrong])
        what = f"it is {formulas[0].formula}" if len(formulas) == 1 else "it is wrong"
        if all(close(trial.got, along.stopped(trial, low)) for trial in series):
            what = f"it uses the first {low} {_THINGS[along.name]} only"
        sentence = f"Your {quantity} is right up to {along.name} = {low}{where}; beyond, {what}"
        return [Explanation("wrong-beyond-a-size", sentence)]
    return []
