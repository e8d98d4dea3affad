"""How often each term of a sum counts: read off a result, where it has more entries than terms."""

from typing import NamedTuple

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import close, distinct_integers
from affine.layer import Array, Operands
from affine.quantities import AXES, QUANTITIES

_LENGTHS = range(1, 10)
_ENOUGH = 5  # rows and columns of a matrix; its entries are more than there are terms
_MOST_TIMES, _SHOWN = 9, 3
_OF_SIDE = {
    "N": ("data point", "data-point-left-out", "data-point-counted-twice"),
    "D": ("feature", "feature-left-out", "feature-scaled"),
    "M": ("output", "output-left-out", "output-scaled"),
}


class _Weights(NamedTuple):
    """How often each term counts in a sum of some length."""

    times: tuple[int, ...]

    def fits(self, trial: Trial, quantity: str) -> bool:
        """Whether the weights give a result."""
        terms = _terms(trial.probe.point, quantity)
        other = (terms @ (np.array(self.times) - 1.0)).reshape(trial.right.shape)
        return trial.fits(trial.right + other)

    def words(self, thing: str, is_left_out: bool) -> list[str]:
        """Return which terms do not count once, and how often they do."""
        said = []
        for count in sorted(set(self.times) - {1}):
            places = [str(place) for place, times in enumerate(self.times, 1) if times == count]
            often = {0: "" if is_left_out else " not at all", 2: " twice"}
            which = f"{thing}{'s' * (len(places) > 1)} {listed(places)} of {len(self.times)}"
            said.append(which + often.get(count, f" {count} times"))
        return said


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
        read.append([each for each in found if each is not None])
    weights, again = read
    other = [each for each in weights if set(each.times) != {1}]
    is_scale = all(len(set(each.times)) == 1 for each in other)
    if weights != again or len(weights) < len(_LENGTHS) or len(other) < 2 or is_scale:
        return []
    of_length = {len(each.times): each for each in weights}
    for trial in session.evidence(quantity):
        length = trial.probe.point.sizes["NDM".index(side)]
        if length in of_length and not of_length[length].fits(trial, quantity):
            return []
    thing, left_out, counted = _OF_SIDE[side]
    is_left_out = all(max(each.times) <= 1 for each in other)
    said = [words for each in other for words in each.words(thing, is_left_out)]
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
    return _Weights(tuple(map(int, times))) if is_small and close(rest, terms @ times) else None


def _terms(point: Operands, quantity: str) -> Array:
    """Return the terms of a sum, a column for each, and a row for each entry of the result."""
    formula = QUANTITIES[quantity]
    factors = [getattr(point, name) for name in formula.operands if name != "b"]
    each: Array = np.einsum(formula.subscripts + formula.summed.lower(), *factors)
    return each.reshape(-1, each.shape[-1])
