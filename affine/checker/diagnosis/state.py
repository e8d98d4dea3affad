"""Mistakes of state: results that depend on more than the arguments."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, attempt
from affine.checker.diagnosis.memory import arguments_modified, step_between_passes
from affine.checker.diagnosis.phrasing import describe_error, listed, notation, with_verb
from affine.checker.diagnosis.probe import (
    close,
    copies,
    differing,
    distinct_integers,
    plain_operands,
    right_at,
)
from affine.layer import Array, Operands, by_name


def not_deterministic(session: ProbeSession) -> Explanation | None:
    """Equal calls differ: on plain operands, or on the case that failed."""
    failed = [session.case.primal] if session.case else []
    for point in (plain_operands(), *failed):
        first, right = session.fresh(point), right_at(point)
        for _ in range(15):
            again = session.fresh(point)
            names = [
                name
                for name in first
                if not np.array_equal(first[name], again[name], equal_nan=True)
            ]
            third = session.fresh(point) if names else {}
            if names and all(
                close(again[name], first[name] + right[name])
                and close(third[name], again[name] + right[name])
                for name in names
            ):
                verb = "is" if len(names) == 1 else "are each"
                words = f"of a second, equal call {verb} the first result plus the right one"
                return Explanation("accumulates", f"Your {listed(names)} {words}", names)
            if names:
                sentence = f"Equal calls give a different {listed(names)}"
                return Explanation("not-deterministic", sentence, names)
    return None


def second_pass(session: ProbeSession) -> Explanation | None:
    """The second backward pass on one forward pass differs from the first."""
    point = session.lent(plain_operands())
    results, backward = session.passes(session.layer.vjp, point)
    first = copies(results)
    again = attempt(lambda: backward(point.dout.copy()))
    subject = "The second backward pass on one forward pass"
    if isinstance(again, Exception):
        return Explanation("cache-used-up", f"{subject} raises {describe_error(again)}")
    if step := step_between_passes(session):
        return step
    names = differing(again, first)
    for array, before in zip(point, plain_operands(), strict=True):
        array[...] = before
    undone = names and not differing(copies(backward(plain_operands().dout)), first)
    if undone and (written := arguments_modified(session)):
        return written
    if names and all(close(again[name], 2 * first[name]) for name in names):
        sentence = f"The second backward pass gives twice the {listed(names)}: it adds to the first"
        return Explanation("accumulates", sentence, names)
    zero = "" if any(again[name].any() for name in names) else " of zeros"
    sentence = f"{subject} gives another {listed(names)}{zero}"
    return Explanation("cache-used-up", sentence, names) if names else None


def stale_state(session: ProbeSession) -> Explanation | None:
    """A backward pass uses operands of another call, of the same shapes or not."""
    for order in ("", " and backward"):
        point, other = plain_operands(), plain_operands(1)
        _, pullback = session.layer.vjp(*point.map(np.copy)[:3])
        _, later = session.layer.vjp(*other.map(np.copy)[:3])
        if order:
            later(other.dout.copy())
        got = copies(by_name(pullback(point.dout.copy())))
        if wrong := differing(got, session.fresh(point)):
            subject = f"After a second forward{order} pass, the first one's "
            taking = _taking(wrong, got, point, other, session.fresh, after=" of the second one")
            return Explanation("stale-state", subject + taking, wrong) if taking else None
    return None


def _taking(
    names: Sequence[str],
    got: Mapping[str, Array],
    point: Operands,
    other: Operands,
    value: Callable[[Operands], Mapping[str, Array]],
    before: str = "",
    after: str = "",
) -> str:
    """Say which operands of the other call give the results, if some do."""
    right = right_at(point)
    for count in (1, 2, 3, 4):
        for fields in combinations(Operands._fields, count):
            mix = point._replace(**{field: getattr(other, field) for field in fields})
            moved = right_at(mix)
            # An operand that a result does not contain explains nothing.
            if any(close(right[name], moved[name]) for name in names):
                continue
            mixed = value(mix)
            if all(close(got[name], mixed[name]) for name in names):
                operands = listed([notation(field) for field in fields])
                return f"{with_verb(names, 'takes', 'take')} {before}{operands}{after}"
    return ""


def _left_behind(
    subject: str,
    got: Mapping[str, Array],
    point: Operands,
    other: Operands,
    value: Callable[[Operands], Mapping[str, Array]],
    whose: str,
) -> Explanation | None:
    """Explain what is wrong by the results or the operands of another call."""
    right, before = value(point), value(other)
    wrong = differing(got, right)
    for count in range(1, 10) if wrong else ():
        if all(close(got[name], right[name] + count * before[name]) for name in wrong):
            more = ", and of those before it" if count > 1 else ""
            words = f"{with_verb(wrong, 'is', 'are each')} the right one plus that of {whose}{more}"
            return Explanation("accumulates", f"{subject} {words}", wrong)
    # Where X of an earlier batch is used, this one's has no part in the results.
    lost = [name for name in wrong if name == "dx" and not got[name].any()]
    rest = [name for name in wrong if name not in lost]
    taking = _taking(rest, got, point, other, value, after=f" of {whose}") if rest else ""
    zero = f", and your {listed(lost)} is 0" if lost else ""
    return Explanation("stale-state", f"{subject} {taking}{zero}", wrong) if taking else None


# ------------------------------------------------------------------ instances

_ON_AN_INSTANCE = distinct_integers(1, 4, 3, seed=4)


def used_instance(session: ProbeSession) -> Explanation | None:
    """An instance that has run other batches uses operands of those, or adds to their results."""
    reused = session.layer.variants.get("on_reused_instance")
    if reused is None:
        return None
    got = copies(session.passes(reused, _ON_AN_INSTANCE.map(np.copy))[0])
    subject, point = "On an instance that has run another batch, your", _ON_AN_INSTANCE
    # The batches that it ran before are all equal; what is given with every call, as weights may
    # be, was another one too.
    for step in (0, 1):
        other = point._replace(x=point.x + 1, w=point.w + step, b=point.b + step)
        other = other._replace(dout=session.fresh(other)["out"] + 1)
        found = _left_behind(subject, got, point, other, session.fresh, "the batch before")
        if found:
            return found
    return None


def updated_instance(session: ProbeSession) -> Explanation | None:
    """An instance whose parameters were updated in place goes on with the old ones."""
    point = _ON_AN_INSTANCE
    old = point._replace(x=point.x + 1, w=point.w + 1, b=point.b + 1)
    updated = session.layer.variants["after_update"]
    got = copies(session.passes(updated, point.map(np.copy))[0])
    subject = "After an update in place of the parameters of an instance, your "
    return _outdated(session, subject, got, point, old)


def _outdated(
    session: ProbeSession, subject: str, got: Mapping[str, Array], point: Operands, old: Operands
) -> Explanation | None:
    """Explain what is wrong by the operands before an update."""
    wrong = differing(got, session.fresh(point))
    taking = _taking(wrong, got, point, old, session.fresh, before="the old ") if wrong else ""
    return Explanation("outdated-parameters", subject + taking, wrong) if taking else None


# ------------------------------------------------------------------ calls of functions


def earlier_call(session: ProbeSession) -> Explanation | None:
    """A call gives what an earlier call with arguments of the same shapes gave, or part of it."""
    first, second = distinct_integers(6, 5, 3, seed=2), distinct_integers(6, 5, 3, seed=3)
    for kept in ("", "x", "w", "dout"):
        point = second._replace(**{kept: getattr(first, kept)}) if kept else second
        session.fresh(first)
        got, whose = session.fresh(point), "an earlier call with the same shapes"
        whose += f" and the same {notation(kept)}" * bool(kept)
        if found := _left_behind("Your", got, point, first, right_at, whose):
            return found
    return None


def outdated_parameters(session: ProbeSession) -> Explanation | None:
    """An update in place is not seen: the result is that of the old values."""
    point, other = session.lent(plain_operands()), plain_operands(1)
    session.results(point)
    if not all(map(np.array_equal, point, plain_operands())):
        return arguments_modified(session)
    for changed in (("w", "b"), ("x",), ("dout",)):
        old = point.map(np.copy)
        for name in changed:
            getattr(point, name)[...] = getattr(other, name)
        got = copies(session.results(point))
        if found := _outdated(session, "After an update in place, your ", got, point, old):
            return found
    return None


def global_state(session: ProbeSession) -> Explanation | None:
    """Seeds and error states are left other than they were."""
    # The diagnosis silences the error state itself, which would hide a layer that does.
    with np.errstate(all="warn"):
        changed = list(session.layer.state_changes(*plain_operands()))
    sentence = f"The layer changes {listed(changed)}"
    return Explanation("global-state-changed", sentence) if changed else None
