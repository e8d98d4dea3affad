"""Which side of a result counts: beyond which size it is wrong, and what is left of blocks."""

from collections.abc import Iterable, Sequence
from itertools import product, starmap
from typing import Literal, NamedTuple, get_args

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import Probe, close, distinct_integers
from affine.layer import Array
from affine.quantities import AXES, QUANTITIES

_THINGS = {"N": "data points", "D": "features", "M": "outputs"}
_LEFT_OUT = {"N": "data-point-left-out", "D": "feature-left-out", "M": "output-left-out"}
_Ends = Literal["the rest", "the last", "the last full", "the first full"]
"""Which block a loop leaves out: what is no full one, or one too many, at every length or not."""
# The largest block that is looked for, and how many are tried at their own length.
_LARGEST, _MOST_BLOCKS = 520, 24


class _Rule(NamedTuple):
    """What a loop over blocks leaves out, and the length from which on it does so."""

    block: int
    without: _Ends
    least: int = 0

    @property
    def is_of_multiples(self) -> bool:
        """Whether it leaves out something only where all blocks are full."""
        return self.without.endswith(" full")

    def used(self, length: int) -> tuple[int, int]:
        """Return from where to where a side is used."""
        rest = length % self.block
        if length < self.least or (rest and self.is_of_multiples):
            return 0, length
        if self.without == "the first full":
            return self.block, length
        return 0, length - (rest or self.block * (self.without != "the rest"))

    def sentence(self, quantity: str, side: str) -> str:
        """Return what such a loop does to a quantity."""
        things, block = _THINGS[side], self.block
        if self.is_of_multiples:
            which = self.without.removesuffix(" full")
            where = f"where {side} is a multiple of {block}"
            return f"Your {quantity} leaves out {which} {block} {things} {where}"
        left = "what remains after the last full block"
        if self.without == "the last":
            left = "the last block, full or not"
        beyond = f", where {side} > {self.least - 1}" if self.least > block + 1 else ""
        loop = f"takes the {things} in blocks of {block}"
        return f"Your {quantity} {loop} and leaves out {left}{beyond}"


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
        known: dict[tuple[int, int, int], bool] = {}

        def fits(trial: Trial, rule: _Rule) -> bool:
            used = rule.used(self.length(trial))
            if (used == (0, self.length(trial))) == trial.wrong:
                return not trial.right.any()
            key = id(trial), *used
            if key not in known:
                known[key] = close(trial.got, self.cut(trial, *used))
            return known[key]

        shortest_first = sorted(evidence, key=self.length)
        return [rule for rule in rules if all(fits(trial, rule) for trial in shortest_first)]

    def beginning(self, rule: _Rule) -> _Rule:
        """Return a rule with the length from which on it is used, found by bisection."""
        low, high = 0, self.least
        while not rule.is_of_multiples and high - low > 1:
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

    def cut(self, trial: Trial, start: int, stop: int) -> Array:
        """Return what is left of a result if only a part of a side is summed or filled."""
        sides, operands = AXES[self.quantity], QUANTITIES[self.quantity].operands
        if self.name in sides:
            result = np.zeros_like(trial.right)
            part = (slice(None),) * sides.index(self.name) + (slice(start, stop),)
            result[part] = trial.right[part]
            return result
        name = next(name for name in operands if self.name in AXES[name])
        operand = getattr(trial.probe.point, name).copy()
        along = np.moveaxis(operand, AXES[name].index(self.name), 0)
        along[:start] = along[stop:] = 0
        return Probe(trial.probe.point._replace(**{name: operand})).right(self.quantity)


def remainder(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the block size and the side of which not all blocks are used."""
    for name in (QUANTITIES[quantity].summed, *AXES[quantity]):
        along = _Along(session, quantity, name)
        candidates = product(range(2, min(along.most, _LARGEST) + 1), get_args(_Ends))
        rules = along.fitting(along.wrong, starmap(_Rule, candidates))
        if not rules:
            continue
        full, least, most = along.least - 1, along.least, along.most
        # Around it, past it, and what tells a block from its divisors.
        lengths = {*range(least, least + 9), *(full + full // part for part in (1, 2, 3, 4))}
        lengths |= {2 * least - 1, 2 * least, most + 1, min(2 * most, 1100) + 1}
        blocks = {rule.block for rule in rules[:_MOST_BLOCKS]}
        lengths |= {n for block in blocks for n in (block, 2 * block) if n > full}
        rules = along.fitting(along.series(sorted(lengths)), rules)
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
        is_of_rest = rules[0].without == "the rest"
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
        if all(close(trial.got, along.cut(trial, 0, low)) for trial in series):
            what = f"it uses the first {low} {_THINGS[along.name]} only"
        sentence = f"Your {quantity} is right up to {along.name} = {low}{where}; beyond, {what}"
        return [Explanation("wrong-beyond-a-size", sentence)]
    return []
