"""Where a quantity is wrong: in which special case, and which formula holds there."""

from collections.abc import Sequence
from math import frexp

import numpy as np

from affine.checker.diagnosis.catalogue import CORRECT, Explanation
from affine.checker.diagnosis.conditions import (
    Condition,
    in_common,
    in_sizes,
    many_entries,
    on_values,
    special_sizes,
)
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.phrasing import notation
from affine.checker.diagnosis.probe import Probe, close, plain_operands
from affine.checker.diagnosis.sides import varying_factor
from affine.quantities import AXES

SOMEWHERE = Condition("it shows", "")
"""Nothing tells the calls apart in which a formula is used."""
_BESIDE = 6  # powers of two between the largest entry of an operand and the smallest


def special_case(
    session: ProbeSession, quantity: str
) -> tuple[list[Explanation], Condition | None]:
    """Return the formulas that explain a quantity in a special case, and which case that is.

    Where a formula is used in one case alone, a simpler one may be the same there.
    """
    evidence = session.evidence(quantity)
    wrong, right = _parted(evidence)
    for condition in special_sizes(wrong, right):
        if found := _explained(session, quantity, condition):
            return found, condition
    for condition, further in on_values(wrong):
        there = _meeting(condition, evidence)
        there += session.observe_all((probe.point for probe in further), quantity)
        # Of one row, all are equal: code for a special case may well leave that out.
        there = [each for each in there if each.wrong or min(each.probe.point.sizes) > 1]
        # Where the right result is 0, whatever is added explains it.
        shows = sum(trial.wrong and trial.right.any() for trial in there)
        if shows > 2 and (found := explanations(quantity, there, session.raising(quantity))):
            return found, condition
    return [], None


def beyond_many_entries(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the formulas that explain a quantity where an operand has more than some entries."""
    conditions = many_entries(*_parted(session.evidence(quantity)))
    found = (_explained(session, quantity, condition) for condition in conditions)
    return next(filter(None, found), [])


def _explained(session: ProbeSession, quantity: str, condition: Condition) -> list[Explanation]:
    """Return the formulas that explain a quantity under a condition that not every call meets."""
    evidence = session.evidence(quantity)
    there = _meeting(condition, evidence)
    if len(there) == len(evidence):
        return []
    return explanations(quantity, there, session.raising(quantity))


def _meeting(condition: Condition, evidence: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in evidence if condition.holds(trial.probe)]


def where_used(evidence: Sequence[Trial], code: str, where: Condition | None) -> Condition | None:
    """Return where a layer uses a formula, None if nothing says that it does not everywhere.

    Of what `where` says and of what tells the calls apart in which the formula would not fit, the
    latter, if the formula gives every result there.
    """
    guard = guarded(evidence, code)
    if where is None or guard is None:
        return where or guard
    meeting = _meeting(guard, evidence) if guard.code else []
    is_used = meeting and all(each.fits(each.probe.value(code)) for each in meeting)
    return guard if is_used else where


def guarded(evidence: Sequence[Trial], code: str) -> Condition | None:
    """Return where a formula is used by a layer that is right where it would not fit.

    None if nothing says that it is not used everywhere.
    """
    used = [trial.probe for trial in evidence if trial.wrong]
    right = [
        trial.probe
        for trial in evidence
        if code and not trial.wrong and not trial.fits(trial.probe.value(code))
    ]
    return (in_sizes(used, right) or SOMEWHERE) if right else None


def _parted(evidence: Sequence[Trial]) -> tuple[list[Probe], list[Probe]]:
    """Return the probes on which a result is wrong, and those on which it is right."""
    wrong, right = ([each.probe for each in evidence if each.wrong is it] for it in (True, False))
    return wrong, right


# ------------------------------------------------------------------ what no mistake explains


def observed(session: ProbeSession, quantity: str) -> Explanation:
    """Say what is seen of a wrong quantity, and which mistake it is, `""` where it has no name."""
    evidence = session.evidence(quantity)
    if factor := varying_factor(evidence, CORRECT[quantity]):
        words = f"Your {quantity} is the right one times {factor}"
        return Explanation("scaled-by-a-varying-number", words)
    wrong, right = _parted(evidence)
    if session.raising(quantity):  # nothing is known of the result there
        return Explanation("", f"Your {quantity} is wrong in some calls, and others raise")
    condition = in_common(wrong, right)
    where = f"only where {condition.words}" if condition else "in some calls" if right else ""
    if _is_rearranged(evidence):
        words = f"Your {quantity} has the right entries in the wrong places {where}".rstrip()
        return Explanation("entries-rearranged", words)
    if _is_partly_zero(evidence, quantity):
        zero = "the bias alone" if quantity == "out" else "0"
        words = f"Your {quantity} is {zero} in whole rows or columns {where}".rstrip()
        return Explanation("rows-left-zero", f"{words}, and right in the others")
    if condition:
        name = "special-case" if condition.is_special else ""
        return Explanation(name, f"Your {quantity} is wrong {where}")
    if right and (found := _where_in_magnitude(session, quantity, wrong)):
        return found
    return Explanation("", f"Your {quantity} is wrong {where or 'in every call'}")


def _is_rearranged(evidence: Sequence[Trial]) -> bool:
    """Whether every wrong result has the entries of the right one, and enough that differ."""
    wrong = [trial for trial in evidence if trial.wrong]
    return sum(len(set(trial.right.flat)) > 2 for trial in wrong) > 2 and all(
        trial.got is not None
        and trial.got.shape == trial.right.shape
        and close(np.sort(trial.got, axis=None), np.sort(trial.right, axis=None))
        for trial in wrong
    )


def _is_partly_zero(evidence: Sequence[Trial], quantity: str) -> bool:
    """Whether every wrong result is right but for whole rows or columns of zeros, the bias apart.

    Single entries may be 0 by chance.
    """
    wrong = [trial for trial in evidence if trial.wrong]
    for axis in range(2 if len(AXES[quantity]) == 2 else 0):
        in_part = 0
        for trial in wrong:
            if trial.got is None or trial.got.shape != trial.right.shape:
                return False
            base = trial.probe.point.b if quantity == "out" else 0.0
            left_out = ((trial.got - base) == 0).all(axis=axis, keepdims=True)
            if not close(trial.got, np.where(left_out, base, trial.right)):
                break
            in_part += min(trial.right.shape) > 1 and not left_out.all()
        else:
            return in_part > 2
    return False


def _where_in_magnitude(
    session: ProbeSession, quantity: str, wrong: Sequence[Probe]
) -> Explanation | None:
    """Say below or above which magnitude of one operand a quantity is wrong, if it is at one."""
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
        failed = [abs(getattr(session.case.primal, name)).max(initial=0)] if session.case else []
        if below and max(sizes) < 2.0 ** (limit + 1):
            where = f"no entry of {notation(name)} is larger than about 2^{limit - 1}"
            words = f"Your {quantity} is wrong only where {where}"
            # Beside the limit itself some parts may be kept.
            far = series[: max(place - _BESIDE, 1)]
            if all(trial.got is not None and not trial.got.any() for trial in far):
                words += ", and 0 below: small values are set to zero"
                return Explanation("small-values-dropped", words)
        elif not below and min([*sizes, *failed]) > 2.0 ** (limit - 2):
            where = f"an entry of {notation(name)} is larger than about 2^{limit - 1}"
            return Explanation("", f"Your {quantity} is wrong only where {where}")
    return None
