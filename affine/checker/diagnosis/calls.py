"""Mistakes that show between calls: shared memory, and results of more than the arguments."""

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from affine.cases import LAYOUTS
from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, attempt
from affine.checker.diagnosis.fit import ratio
from affine.checker.diagnosis.phrasing import describe_error, listed, notation, number, with_verb
from affine.checker.diagnosis.probe import (
    close,
    copies,
    differing,
    distinct_integers,
    plain_operands,
    right_at,
)
from affine.layer import Array, Operands, Results, by_name

# ------------------------------------------------------------------ memory


def arguments_modified(session: ProbeSession) -> Explanation | None:
    """An argument is written to; an update step of W and b is described as such."""

    def step(point: Operands) -> _Step | None:
        given = session.lent(point)
        found = session.results(given)
        changes = _changes(point, given)
        if not changes or not set(changes) <= {"w", "b"}:
            return None
        rates = {
            name: _rate(new - old, found.get(f"d{name}"), old)
            for name, (old, new) in changes.items()
        }
        return rates, "w" in rates and close(found.get("dx"), point.dout @ given.w.T)

    if found := _update_step(step, "your {0} becomes {0}{1}"):
        return found
    signed = plain_operands().map(lambda array: np.where(array == array.flat[-1], -0.0, array))
    # Of integers, what divides and multiplies again may leave every digit as it was.
    sevenths = distinct_integers(3, 4, 5).map(lambda array: array / 7)
    more = (signed, ", where an entry is -0"), (sevenths, "")
    for before, where in ((plain_operands(1), ""), *_PLACES, *more):
        point = session.lent(before)
        session.results(point)
        if names := list(map(notation, _changes(before, point))):
            sentence = f"The layer writes to your {listed(names)}{where}"
            return Explanation("arguments-modified", sentence, names)
    return None


# A product fits into its own operand only where sizes are equal.
_PLACES = tuple(
    (distinct_integers(*sizes), where)
    for sizes, where in (
        ((4, 3, 5), ""), ((4, 3, 3), ", where D = M"), ((3, 3, 4), ", where N = D"),
        ((3, 4, 3), ", where N = M"), ((3, 3, 3), ", where N = D = M"),
    )
)  # fmt: skip


def overwritten_in_between(session: ProbeSession) -> Explanation | None:
    """The forward pass writes to an argument, and only for that the gradients are wrong."""
    for before, where in _PLACES:
        point, gradients = session.lent(before), []
        for restored in (False, True):
            _fill(point, before)
            _, pullback = session.layer.vjp(*point[:3])
            names = list(map(notation, _changes(before, point)))
            if restored:
                _fill(point, before)
            gradients.append(copies(by_name(pullback(point.dout))))
        wrong, restored_wrong = (differing(each, right_at(before)) for each in gradients)
        if names and wrong and not restored_wrong:
            because = f"so that your {with_verb(wrong, 'is', 'are')} wrong"
            sentence = f"The forward pass writes to your {listed(names)}{where}, {because}"
            return Explanation("arguments-modified", sentence, names)
    return None


def _fill(point: Operands, values: Operands) -> None:
    for array, value in zip(point, values, strict=True):
        array[...] = value


def _changes(before: Operands, after: Operands) -> dict[str, tuple[Array, Array]]:
    """Return what is no longer as it was, signs of zeros included: name, old and new."""
    given = (old.astype(new.dtype) for old, new in zip(before, after, strict=True))
    pairs = zip(Operands._fields, given, after, strict=True)
    return {name: (old, new) for name, old, new in pairs if old.tobytes() != new.tobytes()}


def other_layouts(session: ProbeSession) -> Explanation | None:
    """A result is another one where an operand lies in memory otherwise."""
    for (words, laid_out), name in product(LAYOUTS.items(), ("x", "w", "dout")):
        point = plain_operands()
        point = point._replace(**{name: laid_out(getattr(point, name))})
        # Each time: what depends on the number of calls differs once.
        pairs = [(session.results(point), session.fresh(point)) for _ in range(3)]
        names = differing(*pairs[0])
        if names and all(differing(*pair) == names for pair in pairs[1:]):
            where = f"where only the memory layout of {notation(name)} is another one: {words}"
            sentence = f"Your {with_verb(names, 'differs', 'differ')} {where}"
            return Explanation("memory-layout", sentence, names)
    return None


# ------------------------------------------------------------------ an update step inside

# Rates by parameter, and whether dx was computed with the new W.
_Step = tuple[dict[str, float], bool]


def _step_between_passes(session: ProbeSession) -> Explanation | None:
    """Return the step on W that a second backward pass on one forward pass sees."""

    def step(point: Operands) -> _Step | None:
        first, backward = session.passes(session.layer.vjp, point.map(np.copy))
        again = copies(backward(point.dout.copy()))
        if differing(again, first) != ["dx"] or "dw" not in first:
            return None
        moved = point.dout @ first["dw"].T
        rate = _rate(again["dx"] - first["dx"], moved, first["dx"])
        return {"w": rate}, close(first["dx"], point.dout @ point.w.T + rate * moved)

    return _update_step(step, "a second one computes dx with {0}{1}")


def _update_step(step: Callable[[Operands], _Step | None], words: str) -> Explanation | None:
    """Describe a step that is taken at two sizes: in numbers where the rate is the same at both."""
    first, second = step(plain_operands()), step(distinct_integers(6, 5, 3))
    if first is None or second is None or first[1] != second[1] or set(first[0]) != set(second[0]):
        return None
    if not all(first[0].values()) or not all(second[0].values()):
        return None
    moves = {}
    for name, rate in first[0].items():
        alike = abs(rate / second[0][name] - 1) < 1e-9
        times = f"{number(float(f'{abs(rate):.9g}'))}·" if alike else "a multiple of "
        moves[notation(name)] = f" {'-' if rate < 0 else '+'} {times}d{name}"
    sentence = "The backward pass takes an update step: "
    sentence += listed([words.format(name, by) for name, by in moves.items()])
    if first[1]:
        return Explanation("updated-too-early", sentence, ["dx"])
    return Explanation("update-step-inside", sentence, list(moves))


def _rate(change: Array, gradient: Array | None, size: Array) -> float:
    if gradient is None or gradient.shape != change.shape:
        return 0.0
    return ratio(change, gradient, float(np.abs(size).max(initial=0)))


# ------------------------------------------------------------------ state


def not_deterministic(session: ProbeSession) -> Explanation | None:
    """Equal calls differ: on plain operands, or on the case that failed."""
    failed = [session.case.primal] if session.case else []
    for point in (plain_operands(), *failed):
        first, right = session.fresh(point), right_at(point)
        for _ in range(15):
            again = session.fresh(point)
            names = [k for k in first if not np.array_equal(first[k], again[k], equal_nan=True)]
            third = session.fresh(point) if names else {}
            if names and all(
                close(after[name], before[name] + right[name])
                for before, after in ((first, again), (again, third))
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
    first, backward = session.passes(session.layer.vjp, point)
    again = attempt(lambda: backward(point.dout.copy()))
    subject = "The second backward pass on one forward pass"
    if isinstance(again, Exception):
        return Explanation("cache-used-up", f"{subject} raises {describe_error(again)}")
    if step := _step_between_passes(session):
        return step
    names = differing(again, first)
    _fill(point, plain_operands())
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
        call = _Call(got, point, session.fresh)
        if wrong := call.wrong():
            subject = f"After a second forward{order} pass, the first one's"
            return call.taking("stale-state", subject, wrong, other, "{} of the second one")
    return None


class _Call(NamedTuple):
    """What a call gave, for which operands, and what belongs to any operands."""

    got: Results
    point: Operands
    value: Callable[[Operands], Results]

    def wrong(self) -> list[str]:
        """Return the names of the wrong results."""
        return differing(self.got, self.value(self.point))

    def taking(
        self, mistake: str, subject: str, names: Sequence[str], other: Operands, whose: str
    ) -> Explanation | None:
        """Explain results by operands of another call, in words such as "the old {}"."""
        right = right_at(self.point)
        for count in range(1, 5 if names else 0):
            for fields in combinations(Operands._fields, count):
                mix = self.point._replace(**{field: getattr(other, field) for field in fields})
                moved = right_at(mix)
                # An operand that a result does not contain explains nothing.
                if any(close(right[name], moved[name]) for name in names):
                    continue
                mixed = self.value(mix)
                if all(close(self.got[name], mixed[name]) for name in names):
                    taken = whose.format(listed(list(map(notation, fields))))
                    sentence = f"{subject} {with_verb(names, 'takes', 'take')} {taken}"
                    return Explanation(mistake, sentence, names)
        return None

    def left_behind(self, subject: str, other: Operands, whose: str) -> Explanation | None:
        """Explain what is wrong by the results or the operands of another call."""
        got, right, before = self.got, self.value(self.point), self.value(other)
        wrong = differing(got, right)
        for count in range(1, 10) if wrong else ():
            if all(close(got[name], right[name] + count * before[name]) for name in wrong):
                plus = f"the right one plus that of {whose}"
                more = ", and of those before it" if count > 1 else ""
                words = f"{subject} {with_verb(wrong, 'is', 'are each')} {plus}{more}"
                return Explanation("accumulates", words, wrong)
        # Where X of an earlier batch is used, this one's has no part in the results.
        lost = [name for name in wrong if name == "dx" and not got[name].any()]
        rest = [name for name in wrong if name not in lost]
        found = self.taking("stale-state", subject, rest, other, f"{{}} of {whose}")
        if found and lost:
            return found._replace(sentence=f"{found.sentence}, and your dx is 0", about=wrong)
        return found


# ------------------------------------------------------------------ instances

_ON_AN_INSTANCE = distinct_integers(1, 4, 3, seed=4)


def used_instance(session: ProbeSession) -> Explanation | None:
    """An instance that has run other batches uses operands of those, or adds to their results."""
    reused, point = session.layer.variants["on_reused_instance"], _ON_AN_INSTANCE
    call = _Call(session.passes(reused, point.map(np.copy))[0], point, session.fresh)
    subject = "On an instance that has run another batch, your"
    # The batches that it ran before are all equal; what is given with every call, as weights may
    # be, was another one too.
    for step in (0, 1):
        other = point._replace(x=point.x + 1, w=point.w + step, b=point.b + step)
        other = other._replace(dout=session.fresh(other)["out"] + 1)
        if found := call.left_behind(subject, other, "the batch before"):
            return found
    return None


def updated_instance(session: ProbeSession) -> Explanation | None:
    """An instance whose parameters were updated in place goes on with the old ones."""
    point = _ON_AN_INSTANCE
    old = point._replace(x=point.x + 1, w=point.w + 1, b=point.b + 1)
    updated = session.layer.variants["after_update"]
    call = _Call(session.passes(updated, point.map(np.copy))[0], point, session.fresh)
    subject = "After an update in place of the parameters of an instance, your"
    return call.taking("outdated-parameters", subject, call.wrong(), old, "the old {}")


# ------------------------------------------------------------------ calls of functions


def earlier_call(session: ProbeSession) -> Explanation | None:
    """A call gives what an earlier call with arguments of the same shapes gave, or part of it."""
    first, second = distinct_integers(6, 5, 3, seed=2), distinct_integers(6, 5, 3, seed=3)
    for kept in ("", "x", "w", "dout"):
        point = second._replace(**{kept: getattr(first, kept)}) if kept else second
        session.fresh(first)
        whose = "an earlier call with the same shapes"
        whose += f" and the same {notation(kept)}" if kept else ""
        if found := _Call(session.fresh(point), point, right_at).left_behind("Your", first, whose):
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
        call = _Call(session.results(point), point, session.fresh)
        subject = "After an update in place, your"
        if found := call.taking("outdated-parameters", subject, call.wrong(), old, "the old {}"):
            return found
    return None


def global_state(session: ProbeSession) -> Explanation | None:
    """Seeds and error states are left other than they were."""
    # The diagnosis silences the error state itself, which would hide a layer that does.
    with np.errstate(all="warn"):
        changed = list(session.layer.state_changes(*plain_operands()))
    sentence = f"The layer changes {listed(changed)}"
    return Explanation("global-state-changed", sentence) if changed else None
