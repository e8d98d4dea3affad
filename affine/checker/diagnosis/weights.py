"""How often each term of a sum counts: read off a result, where it has more entries than terms."""

from typing import NamedTuple

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import close, distinct_integers
from affine.layer import Operands
from affine.quantities import AXES, QUANTITIES

__all__ = ["other_weights"]

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
    """Return which terms of a sum do not count once, if whole numbers explain every result."""
    side = QUANTITIES[quantity].summed
    points = [_point(quantity, side, length) for length in _LENGTHS]
    found = [_read_off(trial, quantity) for trial in session.observe_all(points, quantity)]
    weights = [each for each in found if each is not None]
    other = [each for each in weights if set(each.times) != {1}]
    if len(weights) < len(_LENGTHS) or len(other) < 2:
        return []
    thing, left_out, counted = _OF_SIDE[side]
    is_left_out = all(max(each.times) <= 1 for each in other)
    said = [words for each in other for words in each.words(thing, is_left_out)]
    sentence = (
        f"Your {quantity} {'leaves out' if is_left_out else 'counts'} {listed(said[:_SHOWN])}"
    )
    return [Explanation(left_out if is_left_out else counted, sentence)]


def _point(quantity: str, side: str, length: int) -> Operands:
    enough = max(_ENOUGH, length + 2 if len(AXES[quantity]) == 1 else 0)
    return distinct_integers(*(length if each == side else enough for each in "NDM"))


def _read_off(trial: Trial, quantity: str) -> _Weights | None:
    """Return the weights that give a result, None where no small whole numbers do."""
    formula, point = QUANTITIES[quantity], trial.probe.point
    if trial.got is None or trial.got.shape != trial.right.shape:
        return None
    factors = [getattr(point, name) for name in formula.operands if name != "b"]
    each = np.einsum(formula.subscripts + formula.summed.lower(), *factors)
    terms = each.reshape(-1, each.shape[-1])
    # What is no sum: the bias of out.
    rest = (trial.got - trial.right).ravel() + terms.sum(axis=-1)
    if not np.isfinite(rest).all():
        return None
    times = np.rint(np.linalg.lstsq(terms, rest, rcond=None)[0])
    is_small = ((times >= 0) & (times <= _MOST_TIMES)).all()
    return _Weights(tuple(map(int, times))) if is_small and close(rest, terms @ times) else None
