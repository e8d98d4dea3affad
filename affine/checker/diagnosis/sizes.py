"""Which side of a result counts: beyond which size it is wrong, and what is left of blocks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import Probe, close, distinct_integers
from affine.layer import Array
from affine.quantities import AXES, QUANTITIES

__all__ = ["by_size", "remainder"]

_THINGS = {"N": "data points", "D": "features", "M": "outputs"}
_LEFT_OUT = {"N": "data-point-left-out", "D": "feature-left-out", "M": "output-left-out"}
_FULL_BLOCKS = "full blocks only"
_ALL_BUT_THE_LAST = "all blocks but the last"
_BEFORE_THE_LAST_FULL = "without the last block where it is full"
# The largest block that is looked for, and how many are tried at their own length.
_LARGEST, _MOST_BLOCKS = 520, 24


class _Rule(NamedTuple):
    """How far a loop over blocks goes, and the length from which on it does so."""

    block: int
    ends: str
    least: int = 0

    def kept(self, length: int) -> int:
        """Return how much of a side is used."""
        rest = length % self.block
        if length < self.least or (rest and self.ends == _BEFORE_THE_LAST_FULL):
            return length
        return length - (rest or self.block * (self.ends != _FULL_BLOCKS))

    def sentence(self, quantity: str, side: str) -> str:
        """Return what such a loop does to a quantity."""
        things, block = _THINGS[side], self.block
        if self.ends == _BEFORE_THE_LAST_FULL:
            where = f"where {side} is a multiple of {block}"
            return f"Your {quantity} leaves out the last {block} {things} {where}"
        left = "what remains after the last full block"
        if self.ends == _ALL_BUT_THE_LAST:
            left = "the last block, full or not"
        beyond = f", where {side} > {self.least - 1}" if self.least > block + 1 else ""
        return (
            f"Your {quantity} takes the {things} in blocks of {block} and leaves out {left}{beyond}"
        )


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

    def fitting(self, evidence: Sequence[Trial], rules: Iterable[_Rule]) -> list[_Rule]:
        """Return the rules that give every result."""
        known: dict[tuple[int, int], bool] = {}

        def fits(trial: Trial, rule: _Rule) -> bool:
            length = self.length(trial)
            kept = rule.kept(length)
            if (kept == length) == trial.wrong:
                return not trial.right.any()
            if (id(trial), kept) not in known:
                known[id(trial), kept] = close(trial.got, self.stopped(trial, kept))
            return known[id(trial), kept]

        shortest_first = sorted(evidence, key=self.length)
        return [rule for rule in rules if all(fits(trial, rule) for trial in shortest_first)]

    def beginning(self, rule: _Rule) -> _Rule:
        """Return a rule with the length from which on it is used, found by bisection."""
        low, high = 0, self.least
        while rule.ends != _BEFORE_THE_LAST_FULL and high - low > 1:
            # Not a multiple of the block, of which nothing may remain.
            middle = (low + high) // 2
            middle -= (middle % rule.block == 0) * (1 if middle - 1 > low else -1)
            if not low < middle < high:
                break
            found = self.series([middle])
            if not found:
                break
            low, high = (low, middle) if found[0].wrong else (middle, high)
        return rule._replace(least=high)

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
    """Return the block size and the side of which not all blocks are used."""
    for name in (QUANTITIES[quantity].summed, *AXES[quantity]):
        along = _Along(session, quantity, name)
        blocks = range(2, min(along.most, _LARGEST) + 1)
        ends = _FULL_BLOCKS, _BEFORE_THE_LAST_FULL, _ALL_BUT_THE_LAST
        rules = along.fitting(along.wrong, [_Rule(n, each) for each in ends for n in blocks])
        if not rules:
            continue
        full, least, most = along.least - 1, along.least, along.most
        # Around it, past it, and what tells a block from its divisors.
        lengths = {*range(least, least + 9), *(full + full // part for part in (1, 2, 3, 4))}
        lengths |= {2 * least - 1, 2 * least, most + 1, min(2 * most, 1100) + 1}
        lengths |= {rule.block for rule in rules[:_MOST_BLOCKS]} | {2 * rules[0].block}
        rules = along.fitting(along.series(sorted(lengths - {0})), rules)
        if len(rules) != 1:
            continue
        rules = [along.beginning(rules[0])]
        series = along.series(sorted(lengths | {5, 7, full} - {0}))
        if sum(trial.wrong for trial in series) < 2 or not along.fitting(series, rules):
            continue
        others = zip("NDM", series[-1].probe.point.sizes, strict=True)
        wide = distinct_integers(
            *(length if side == name else length + 5 for side, length in others)
        )
        everywhere = [*along.evidence, *session.observe_all([wide], quantity)]
        where = "" if along.fitting(everywhere, rules) else along.others(series)
        is_of_rest = rules[0].ends == _FULL_BLOCKS
        mistake = "blocks-without-the-remainder" if is_of_rest else _LEFT_OUT[name]
        return [Explanation(mistake, f"{rules[0].sentence(quantity, name)}{where}")]
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
