"""Where a quantity is wrong: in which special case, and which formula holds there."""

from collections.abc import Sequence
from math import frexp

import numpy as np

from affine.checker.diagnosis.catalogue import CORRECT, Explanation
from affine.checker.diagnosis.conditions import (
    Condition,
    further_probes,
    many_entries,
    on_values,
    special_sizes,
    where_in_sizes,
    where_in_values,
)
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.phrasing import notation
from affine.checker.diagnosis.probe import Probe, plain_operands
from affine.checker.diagnosis.varying import varying_factor

__all__ = ["beyond_many_entries", "describe_observed", "guarded", "special_case"]


def special_case(session: ProbeSession, quantity: str) -> tuple[list[Explanation], str]:
    """Return the formulas that explain a quantity in a special case, and which case that is.

    Where a formula is used in one case alone, a simpler one may be the same there.
    """
    evidence = session.evidence(quantity)
    wrong, right = _parted(evidence)
    for condition in special_sizes(wrong, right):
        there = _meeting(condition, evidence)
        if len(there) < len(evidence) and (
            found := explanations(quantity, there, session.raising(quantity))
        ):
            return found, condition.words
    for condition in on_values(wrong):
        there = _meeting(condition, evidence)
        there += session.observe_all(further_probes(condition), quantity)
        # Of one row, all are equal: code for a special case may well leave that out.
        there = [each for each in there if each.wrong or min(each.probe.point.sizes) > 1]
        # Where the right result is 0, whatever is added explains it.
        shows = sum(trial.wrong and trial.right.any() for trial in there)
        if shows > 2 and (found := explanations(quantity, there, session.raising(quantity))):
            return found, condition.words
    return [], ""


def beyond_many_entries(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the formulas that explain a quantity where an operand has more than some entries."""
    evidence = session.evidence(quantity)
    for condition in many_entries(*_parted(evidence)):
        there = _meeting(condition, evidence)
        if found := explanations(quantity, there, session.raising(quantity)):
            return found
    return []


def _meeting(condition: Condition, evidence: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in evidence if condition.holds(trial.probe)]


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
