"""Where a quantity is wrong: at which sizes, and beyond which; what is left of blocks."""

from collections.abc import Sequence
from math import frexp

import numpy as np

from affine.checker.diagnosis.catalogue import CORRECT, Explanation
from affine.checker.diagnosis.conditions import special_sizes, where_in_sizes, where_in_values
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.phrasing import listed, notation
from affine.checker.diagnosis.probe import Probe, close, distinct_integers, plain_operands
from affine.checker.diagnosis.varying import varying_factor
from affine.layer import Array
from affine.quantities import AXES, QUANTITIES

__all__ = ["by_size", "describe_observed", "guarded", "remainder", "special_case"]


def special_case(session: ProbeSession, quantity: str) -> tuple[list[Explanation], str]:
    """Return the formulas that explain a quantity in a special case, and which case that is.

    Where a formula is used in one case alone, a simpler one may be the same there.
    """
    evidence = session.evidence(quantity)
    for condition in special_sizes(*_parted(evidence)):
        there = [trial for trial in evidence if condition.holds(trial.probe)]
        if len(there) < len(evidence) and (
            found := explanations(quantity, there, session.raising(quantity))
        ):
            return found, condition.words
    return [], ""


def guarded(evidence: Sequence[Trial], code: str) -> str:
    """Return where a formula is used by a layer that is right where it would not fit.

    `""` if nothing says that it is not used everywhere.
    """
    used = [trial.probe for trial in evidence if trial.wrong]
    right = [
        trial.probe
        for trial in evidence
        if code and not trial.wrong and not trial.fits(trial.probe.value(code))
    ]
    return (where_in_sizes(used, right) or "its shape fits") if right else ""


def _parted(evidence: Sequence[Trial]) -> tuple[list[Probe], list[Probe]]:
    """Return the probes on which a result is wrong, and those on which it is right."""
    wrong, right = ([each.probe for each in evidence if each.wrong is it] for it in (True, False))
    return wrong, right


# ------------------------------------------------------------------ what no mistake explains


def describe_observed(session: ProbeSession, wrong: Sequence[str]) -> str:
    """Say what is seen of wrong quantities that no known mistake explains."""
    sentences = ["No known mistake explains this."]
    for name in wrong:
        if factor := varying_factor(session.evidence(name), CORRECT[name]):
            sentences.append(f"Your {name} is the right one times {factor}.")
        else:
            sentences.append(f"Your {name} is wrong {_where(session, name)}.")
    return " ".join(sentences)


def _where(session: ProbeSession, name: str) -> str:
    if session.raising(name):  # nothing is known of the result there
        return "in some calls, and others raise"
    failing, fine = _parted(session.evidence(name))
    if not fine:
        return "in every call"
    words = where_in_sizes(failing, fine) or where_in_values(failing)
    words = words or _where_in_magnitude(session, name, failing)
    return f"only where {words}" if words else "in some calls"


def _where_in_magnitude(session: ProbeSession, quantity: str, wrong: Sequence[Probe]) -> str:
    """Return below or above which magnitude of one operand a quantity is wrong, `""` if at none."""
    plain, farthest = plain_operands(), min(int(np.finfo(session.dtype).maxexp) // 5, 40)
    exponents = range(-farthest, farthest + 1)
    for name, array in plain._asdict().items():
        points = [plain._replace(**{name: np.ldexp(array, exponent)}) for exponent in exponents]
        series = session.observe_all(points, quantity)
        is_wrong = [trial.wrong for trial in series]
        # From where on it is otherwise than at the smallest magnitude, and stays so.
        place = is_wrong.index(not is_wrong[0]) if len(set(is_wrong)) == 2 else 0
        if len(series) < len(points) or not place or len(set(is_wrong[place:])) == 2:
            continue
        below, limit = is_wrong[0], exponents[place] + frexp(abs(array).max())[1]
        sizes = [float(abs(getattr(probe.point, name)).max()) for probe in wrong]
        if max(sizes) < 2.0 ** (limit + 1) if below else min(sizes) > 2.0 ** (limit - 2):
            what = "no entry of {} is larger" if below else "an entry of {} is larger"
            return f"{what.format(notation(name))} than about 2^{limit - 1}"
    return ""


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
