"""Results that are right up to rounding, and round more than a sum of products has to."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession
from affine.checker.diagnosis.phrasing import notation
from affine.checker.diagnosis.probe import distinct_integers, plain_operands
from affine.layer import Operands
from affine.quantities import AXES, QUANTITIES

_NO_POWERS = (3, 5, 6, 7, 9, 10, 11, 12, 13, 49)
_POWERS = (2, 4, 8, 16, 32)


def on_the_way(quantity: str, session: ProbeSession) -> Explanation | None:
    """Return what rounds on the way to a result that is a sum of whole numbers, and so exact."""
    if quantity not in QUANTITIES:
        return None
    of = session, quantity
    words = _scaled_and_back(*of) or _divided_by_a_size(*of) or _cancelling(*of)
    return Explanation("rounded-on-the-way", f"Your {quantity} {words}") if words else None


def _are_exact(session: ProbeSession, quantity: str, points: Sequence[Operands]) -> bool:
    """Whether a quantity is right to the last bit on points of whole numbers."""
    trials = session.observe_all(points, quantity)
    return len(trials) == len(points) and all(
        trial.got is not None and np.array_equal(trial.got, trial.right) for trial in trials
    )


def _scaled_and_back(session: ProbeSession, quantity: str) -> str:
    """Say that one product alone is rounded already."""
    one = Operands(*map(np.ones_like, distinct_integers(1, 1, 1)))
    for name in QUANTITIES[quantity].operands:
        points = [one._replace(**{name: getattr(one, name) * value}) for value in range(1, 64)]
        if not _are_exact(session, quantity, points):
            return "rounds where N = D = M = 1 already: a number is scaled, and scaled back"
    return ""


def _divided_by_a_size(session: ProbeSession, quantity: str) -> str:
    """Say by which size something is divided on the way: it is exact for powers of two alone."""
    for place, side in enumerate("NDM"):

        def is_exact(length: int, place: int = place) -> bool:
            sizes = [4, 4, 4]
            sizes[place] = length
            return _are_exact(session, quantity, [distinct_integers(*sizes)])

        if all(map(is_exact, _POWERS)) and sum(map(is_exact, _NO_POWERS)) < len(_NO_POWERS) - 2:
            return (
                f"rounds sums of whole numbers unless {side} is a power of two: "
                f"a value on the way is divided by {side}"
            )
    return ""


def _cancelling(session: ProbeSession, quantity: str) -> str:
    """Say which large entry costs digits although it is multiplied by 0 alone."""
    side, operands = QUANTITIES[quantity].summed, QUANTITIES[quantity].operands
    limits = np.finfo(session.dtype)
    large = 2.0 ** min(limits.nmant + 8, limits.maxexp // 2)
    factors = [name for name in operands if side in AXES[name]]
    for one, other in permutations(factors, 2):
        for place in range(plain_operands().sizes["NDM".index(side)]):
            usual, point = (_meeting_zeros(one, other, side, place, v) for v in (1, large))
            if _are_exact(session, quantity, [usual]) > _are_exact(session, quantity, [point]):
                return (
                    f"loses digits to a large entry of {notation(one)} that {notation(other)} "
                    "multiplies by 0: it is added, and subtracted again"
                )
    return ""


def _meeting_zeros(one: str, other: str, side: str, place: int, value: float) -> Operands:
    """Return operands of which one holds a value where the other one holds zeros."""
    point = plain_operands()
    for name, entry in ((one, value), (other, 0.0)):
        np.moveaxis(getattr(point, name), AXES[name].index(side), 0)[place] = entry
    return point
