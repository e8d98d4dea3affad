"""What a result owes to one side, N, D or M: blocks left out, a switch, weights, a factor."""

from collections.abc import Iterable, Sequence
from itertools import product, starmap
from typing import Literal, NamedTuple, get_args

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import explanations, ratio
from affine.checker.diagnosis.phrasing import listed, number
from affine.checker.diagnosis.probe import Probe, close, distinct_integers
from affine.layer import Array, Operands
from affine.quantities import AXES, QUANTITIES

_OF_SIDE = {
    "N": ("data point", "data-point-left-out", "data-point-counted-twice"),
    "D": ("feature", "feature-left-out", "feature-scaled"),
    "M": ("output", "output-left-out", "output-scaled"),
}
"""What is along a side, and the mistakes of a result from which some are missing, or too many."""
_SHOWN = 3  # lengths or terms that are named


# ------------------------------------------------------------------ blocks, and a switch at a size

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
        things, block = f"{_OF_SIDE[side][0]}s", self.block
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

    def __init__(self, session: ProbeSession, quantity: str, side: str) -> None:
        self.session, self.quantity, self.side = session, quantity, side
        self.place = "NDM".index(side)
        self.evidence = session.evidence(quantity)
        self.wrong = [trial for trial in self.evidence if trial.wrong]
        self.least = min(map(self.length, self.wrong), default=0)
        self.most = max(map(self.length, self.wrong), default=0)

    def length(self, trial: Trial) -> int:
        """Return how long the side is on a probe."""
        return trial.probe.point.sizes[self.place]

    def series(self, lengths: Sequence[int]) -> list[Trial]:
        """Look at other lengths; the other sides are as short as they are known to matter."""
        sizes = list(map(min, zip(*(trial.probe.point.sizes for trial in self.wrong), strict=True)))
        points = []
        for length in lengths:
            sizes[self.place] = length
            points.append(distinct_integers(*sizes))
        return self.session.observe_all(points, self.quantity)

    def others(self, series: Sequence[Trial]) -> str:
        """Say at which other sizes a series was observed."""
        sizes = zip("NDM", series[0].probe.point.sizes, strict=True)
        words = [f"{other} = {size}" for other, size in sizes if other != self.side]
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

    def bisected(self, low: int, high: int, block: int = 0) -> tuple[int, int]:
        """Return how long the side may be and how long not, as close to each other as is known.

        No length is a multiple of the block, of which nothing may remain.
        """
        while high - low > 1:
            middle = (low + high) // 2
            if block and middle % block == 0:
                middle += 1 if middle - 1 == low else -1
            found = self.series([middle]) if middle < high else []
            if not found:
                break
            low, high = (low, middle) if found[0].wrong else (middle, high)
        return low, high

    def cut(self, trial: Trial, start: int, stop: int) -> Array:
        """Return what is left of a result if only a part of a side is summed or filled."""
        sides, operands = AXES[self.quantity], QUANTITIES[self.quantity].operands
        if self.side in sides:
            result = np.zeros_like(trial.right)
            part = (slice(None),) * sides.index(self.side) + (slice(start, stop),)
            result[part] = trial.right[part]
            return result
        name = next(name for name in operands if self.side in AXES[name])
        operand = getattr(trial.probe.point, name).copy()
        along = np.moveaxis(operand, AXES[name].index(self.side), 0)
        along[:start] = along[stop:] = 0
        return Probe(trial.probe.point._replace(**{name: operand})).right(self.quantity)


def remainder(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the block size and the side of which not all blocks are used."""
    for side in (QUANTITIES[quantity].summed, *AXES[quantity]):
        along = _Along(session, quantity, side)
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
        rule = rules[0]
        if not rule.is_of_multiples:
            least = along.bisected(0, least, rule.block)[1]
        rules = [rule._replace(least=least)]
        series = along.series(sorted(lengths | {5, 7, full} - {0}))
        if sum(trial.wrong for trial in series) < 2 or not along.fitting(series, rules):
            continue
        others = zip("NDM", series[-1].probe.point.sizes, strict=True)
        wide = distinct_integers(*(size if each == side else size + 5 for each, size in others))
        everywhere = [*along.evidence, *session.observe_all([wide], quantity)]
        where = "" if along.fitting(everywhere, rules) else along.others(series)
        is_of_rest = rule.without == "the rest"
        mistake = "blocks-without-the-remainder" if is_of_rest else _OF_SIDE[side][1]
        return [Explanation(mistake, f"{rules[0].sentence(quantity, side)}{where}")]
    return []


def by_size(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the size beyond which a quantity is wrong, found by bisection."""
    every = [_Along(session, quantity, side) for side in _OF_SIDE]
    for along in sorted(every, key=lambda along: -along.least):
        # Right for one or two only is no switch at a size: few terms may make no difference.
        low, high = 3, along.least
        start = along.series([low, high]) if low < high else []
        if [trial.wrong for trial in start] != [False, True]:
            continue
        low, high = along.bisected(low, high)
        if high - low > 1:
            return []
        # Make sure that it is right up to there, and wrong at every length beyond.
        series = along.series([*range(low, low + 4), 2 * low, 2 * low + 1, 3 * low, 4 * low])
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
            what = f"it uses the first {low} {_OF_SIDE[along.side][0]}s only"
        sentence = f"Your {quantity} is right up to {along.side} = {low}{where}; beyond, {what}"
        return [Explanation("wrong-beyond-a-size", sentence)]
    return []


# ------------------------------------------------------------------ weights

_LENGTHS = range(1, 10)
_ENOUGH = 5  # rows and columns of a matrix; its entries are more than there are terms
_MOST_TIMES = 9
_Weights = tuple[int, ...]
"""How often each term counts in a sum of as many."""


def other_weights(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return which terms of a sum do not count once, if whole numbers explain every result.

    The same ones at other values, and at other lengths of the other sides: else it is no matter of
    places. Where all terms have one weight it is a scale.
    """
    side = QUANTITIES[quantity].summed
    read: list[list[_Weights]] = []
    for seed in (0, 1):
        points = [_point(quantity, side, length, seed) for length in _LENGTHS]
        found = (_read_off(trial, quantity) for trial in session.observe_all(points, quantity))
        read.append([times for times in found if times is not None])
    weights, again = read
    other = [times for times in weights if set(times) != {1}]
    is_scale = all(len(set(times)) == 1 for times in other)
    if weights != again or len(weights) < len(_LENGTHS) or len(other) < 2 or is_scale:
        return []
    of_length = {len(times): times for times in weights}
    for trial in session.evidence(quantity):
        times = of_length.get(trial.probe.point.sizes["NDM".index(side)])
        if times is None:
            continue
        other_terms = _terms(trial.probe.point, quantity) @ (np.array(times) - 1.0)
        if not trial.fits(trial.right + other_terms.reshape(trial.right.shape)):
            return []
    thing, left_out, counted = _OF_SIDE[side]
    is_left_out = all(max(times) <= 1 for times in other)
    said = [words for times in other for words in _said(times, thing, is_left_out)]
    verb = "leaves out" if is_left_out else "counts"
    sentence = f"Your {quantity} {verb} {listed(said[:_SHOWN])}"
    return [Explanation(left_out if is_left_out else counted, sentence)]


def _point(quantity: str, side: str, length: int, seed: int) -> Operands:
    enough = max(_ENOUGH, length + 2 if len(AXES[quantity]) == 1 else 0)
    others = iter((enough + seed, enough + 2 - seed))
    n, d, m = (length if each == side else next(others) for each in "NDM")
    return distinct_integers(n, d, m, seed)


def _read_off(trial: Trial, quantity: str) -> _Weights | None:
    """Return the weights that give a result, None where no small whole numbers do."""
    if trial.got is None or trial.got.shape != trial.right.shape:
        return None
    terms = _terms(trial.probe.point, quantity)
    # What is no sum: the bias of out.
    rest = (trial.got - trial.right).ravel() + terms.sum(axis=-1)
    if not np.isfinite(rest).all():
        return None
    times = np.rint(np.linalg.lstsq(terms, rest, rcond=None)[0])
    is_small = ((times >= 0) & (times <= _MOST_TIMES)).all()
    return tuple(map(int, times)) if is_small and close(rest, terms @ times) else None


def _terms(point: Operands, quantity: str) -> Array:
    """Return the terms of a sum, a column for each, and a row for each entry of the result."""
    formula = QUANTITIES[quantity]
    factors = [getattr(point, name) for name in formula.operands if name != "b"]
    each: Array = np.einsum(formula.subscripts + formula.summed.lower(), *factors)
    return each.reshape(-1, each.shape[-1])


def _said(weights: _Weights, thing: str, is_left_out: bool) -> list[str]:
    """Return which terms do not count once, and how often they do."""
    said = []
    for count in sorted(set(weights) - {1}):
        places = [str(place) for place, times in enumerate(weights, 1) if times == count]
        often = {0: "" if is_left_out else " not at all", 2: " twice"}
        which = f"{thing}{'s' * (len(places) > 1)} {listed(places)} of {len(weights)}"
        said.append(which + often.get(count, f" {count} times"))
    return said


# ------------------------------------------------------------------ a factor


def bias_times_a_count(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return how often the bias is added, where that depends on a size."""
    evidence = session.evidence(quantity) if quantity == "out" else []
    if factor := varying_factor(evidence, "np.tile(b, (n, 1))", "x @ w"):
        sentence = f"Your out is X·W plus b times {factor}: the bias is scaled"
        return [Explanation("bias-scaled", sentence)]
    return []


def varying_factor(evidence: Sequence[Trial], term: str, base: str = "") -> str:
    """Return of which size the factor of a term is a function, with some of its values.

    `""` if the result is not a base plus a multiple of the term on every probe, or if the multiple
    depends on more than one size.
    """
    factors: dict[tuple[int, int, int], float] = {}
    for trial in evidence:
        got, value = trial.got, trial.probe.value(term)
        start = trial.probe.value(base) if base else np.zeros_like(trial.right)
        if got is None or value is None or start is None or got.shape != value.shape:
            return ""
        rest = got - start
        if not np.isfinite(rest).all():
            return ""
        if value.any():
            factor = ratio(rest, value, float(np.abs(got).max()), trial.unit)
            sizes = trial.probe.point.sizes
            if not factor or abs(factors.setdefault(sizes, factor) / factor - 1) > 1e-3:
                return ""
    for axis, side in enumerate("NDM" if sum(trial.wrong for trial in evidence) > 1 else ""):
        of_length: dict[int, set[float]] = {}
        for sizes, factor in factors.items():
            of_length.setdefault(sizes[axis], set()).add(float(f"{factor:.6g}"))
        is_function = all(len(values) == 1 for values in of_length.values())
        if is_function and len(set.union(*of_length.values())) > 1:
            # The shortest with each factor.
            first = {of_length[each].pop(): each for each in sorted(of_length, reverse=True)}
            lengths = sorted((length, each) for each, length in first.items())[:_SHOWN]
            shown = [f"{number(each)} at {side} = {length}" for length, each in lengths]
            return f"a number that depends on {side}, {listed(shown)}"
    return ""
