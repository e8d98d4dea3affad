"""Mistakes of state: results that depend on more than the arguments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import (
    Examination,
    arrays,
    close,
    copies,
    describe_error,
    differing,
    raised,
)
from affine.checker.diagnosis.memory import arguments_modified, step_between_passes
from affine.checker.diagnosis.phrasing import listed, notation, with_verb
from affine.checker.diagnosis.probe import fixed, numbered, right_at
from affine.layer import Array, Operands, by_name

__all__ = [
    "earlier_call", "followed_instance", "global_state", "not_deterministic",
    "outdated_parameters", "second_pass", "stale_state", "updated_instance", "used_instance",
]  # fmt: skip


def not_deterministic(examined: Examination) -> Iterator[Explanation]:
    """Equal calls differ."""
    first, right = examined.fresh(fixed()), right_at(fixed())
    for _ in range(15):
        again = examined.results(fixed())
        names = [
            name for name in first if not np.array_equal(first[name], again[name], equal_nan=True)
        ]
        if not names:
            continue
        if all(close(again[name], first[name] + right[name]) for name in names):
            sentence = f"Your {listed(names)} of a second, equal call "
            sentence += "is" if len(names) == 1 else "are each"
            sentence += " the first result plus the right one"
            yield Explanation("accumulates", sentence=sentence, about=tuple(names))
            return
        largest = max(_relative(first[name], again[name]) for name in names)
        words = f"by up to {largest:.1g} of the value" if np.isfinite(largest) else "also in shape"
        sentence = f"Equal calls give a different {listed(names)}, {words}"
        yield Explanation("not-deterministic", sentence=sentence, about=tuple(names))
        return


def _relative(first: Array, second: Array) -> float:
    if first.shape != second.shape:
        return float("inf")
    size = np.maximum(np.abs(first), np.abs(second))
    return float((np.abs(first - second)[size > 0] / size[size > 0]).max(initial=0))


def second_pass(examined: Examination) -> Iterator[Explanation]:
    """The second backward pass on one forward pass differs from the first."""
    point = examined.lent(fixed())
    results, backward = examined.passes(examined.layer.vjp, point)
    first = copies(results)
    again = raised(lambda: backward(point.dout.copy()))
    if isinstance(again, Exception):
        sentence = f"The second backward pass on one forward pass raises {describe_error(again)}"
        yield Explanation("cache-used-up", sentence=sentence)
        return
    if step := step_between_passes(examined):
        yield step
        return
    names = differing(again, first)
    for array, before in zip(point, fixed(), strict=True):
        array[...] = before
    if names and not differing(copies(backward(fixed().dout)), first):
        yield from arguments_modified(examined)  # undone, the passes agree
    if names and all(close(again[name], 2 * first[name]) for name in names):
        sentence = f"The second backward pass gives twice the {listed(names)}: it adds to the first"
        yield Explanation("accumulates", sentence=sentence, about=tuple(names))
    elif names:
        zero = "" if any(again[name].any() for name in names) else " of zeros"
        sentence = "The second backward pass on one forward pass gives another "
        yield Explanation(
            "cache-used-up", sentence=f"{sentence}{listed(names)}{zero}", about=tuple(names)
        )


def stale_state(examined: Examination) -> Iterator[Explanation]:
    """A backward pass uses operands of another call, of the same shapes or not."""
    for order in ("", " and backward"):
        point, other = examined.kept(fixed()), examined.kept(fixed(1))
        _, pullback = examined.layer.vjp(*point.map(np.copy)[:3])
        _, later = examined.layer.vjp(*other.map(np.copy)[:3])
        if order:
            later(other.dout.copy())
        got = copies(by_name(pullback(point.dout.copy())))
        wrong = differing(got, examined.fresh(point))
        if wrong:
            if fields := _taken(point, other, got, wrong, examined.fresh):
                taking = _taking(wrong, fields, after=" of the second one")
                sentence = f"After a second forward{order} pass, the first one's {taking}"
                yield Explanation("stale-state", sentence=sentence, about=tuple(wrong))
            return


def _taken(
    point: Operands,
    other: Operands,
    got: Mapping[str, Array],
    names: Sequence[str],
    value: Callable[[Operands], Mapping[str, Array]],
) -> tuple[str, ...]:
    """Return which operands of the other call give the results, if some do."""
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
                return fields
    return ()


def _taking(names: Sequence[str], fields: Sequence[str], before: str = "", after: str = "") -> str:
    operands = listed([notation(field) for field in fields])
    return f"{with_verb(names, 'takes', 'take')} {before}{operands}{after}"


# ------------------------------------------------------------------ instances

_ON_AN_INSTANCE = numbered(1, 4, 3, seed=4)
_REUSED = "On an instance that has run another batch, your "


def used_instance(examined: Examination) -> Iterator[Explanation]:
    """An instance that has run other batches uses operands of those, or adds to their results."""
    reused = examined.layer.variants.get("on_reused_instance")
    if reused is None:
        return
    point = _ON_AN_INSTANCE
    got = copies(examined.passes(reused, point.map(np.copy))[0])
    right = examined.fresh(point)
    wrong = differing(got, right)
    # The batches that it ran before are all equal; what is given with every call, as weights may
    # be, was another one too.
    for step in (0, 1) if wrong else ():
        other = point._replace(x=point.x + 1, w=point.w + step, b=point.b + step)
        other = other._replace(dout=examined.fresh(other)["out"] + 1)
        before = examined.fresh(other)
        for count in range(1, 10):
            if all(close(got[name], right[name] + count * before[name]) for name in wrong):
                sentence = f"{_REUSED}{with_verb(wrong, 'is', 'are each')} the right one plus that "
                sentence += "of the batch before" + (", and of those before it" * (count > 1))
                yield Explanation("accumulates", sentence=sentence)
                return
        # Where X of an earlier batch is used, this one's has no part in the results.
        lost = [name for name in wrong if name == "dx" and not got[name].any()]
        taking = [name for name in wrong if name not in lost]
        if taking and (fields := _taken(point, other, got, taking, examined.fresh)):
            sentence = _REUSED + _taking(taking, fields, after=" of the batch before")
            sentence += f", and your {listed(lost)} is 0" if lost else ""
            yield Explanation("stale-state", sentence=sentence, about=tuple(wrong))
            return


def followed_instance(examined: Examination) -> Iterator[Explanation]:
    """Results of a batch are overwritten when the same instance runs another one."""
    followed = examined.layer.variants.get("then_next_batch")
    if followed is None:
        return
    point = _ON_AN_INSTANCE.map(np.copy)
    out, pullback = followed(*point[:3])
    at_once = copies({"out": out})
    results = arrays({"out": out, **by_name(pullback(point.dout))})
    late = {name: examined.layer.memory.read(result) for name, result in results.items()}
    expected = examined.fresh(_ON_AN_INSTANCE)
    wrong = differing(late, expected)
    if wrong and not differing(at_once, expected):
        verb = "changes" if len(wrong) == 1 else "change"
        sentence = f"Your {listed(wrong)} of one batch {verb} when the same instance runs another"
        yield Explanation("buffer-reused", sentence=f"{sentence} one", about=tuple(wrong))


def updated_instance(examined: Examination) -> Iterator[Explanation]:
    """An instance whose parameters were updated in place goes on with the old ones."""
    updated = examined.layer.variants.get("after_update")
    if updated is None:
        return
    if found := next(used_instance(examined), None):
        yield found  # what other batches leave behind needs no update to show itself
        return
    point = _ON_AN_INSTANCE
    old = point._replace(x=point.x + 1, w=point.w + 1, b=point.b + 1)
    got = copies(examined.passes(updated, point.map(np.copy))[0])
    wrong = differing(got, examined.fresh(point))
    if wrong and (fields := _taken(point, old, got, wrong, examined.fresh)):
        sentence = "After an update in place of the parameters of an instance, your "
        sentence += _taking(wrong, fields, before="the old ")
        yield Explanation("outdated-parameters", sentence=sentence, about=tuple(wrong))


# ------------------------------------------------------------------ calls of functions


def earlier_call(examined: Examination) -> Iterator[Explanation]:
    """A call gives what an earlier call with arguments of the same shapes gave, or part of it."""
    first, second = numbered(6, 5, 3, seed=2), numbered(6, 5, 3, seed=3)
    examined.fresh(first)
    got, right, before = examined.fresh(second), right_at(second), right_at(first)
    wrong = differing(got, right)
    if wrong and all(close(got[name], right[name] + before[name]) for name in wrong):
        sentence = f"Your {with_verb(wrong, 'is', 'are each')} the right result plus that of the "
        sentence += "call before it"
        yield Explanation("accumulates", sentence=sentence, about=tuple(wrong))
    elif wrong and (fields := _taken(second, first, got, wrong, right_at)):
        taking = _taking(wrong, fields, after=" of an earlier call with the same shapes")
        yield Explanation("stale-state", sentence=f"Your {taking}", about=tuple(wrong))


def outdated_parameters(examined: Examination) -> Iterator[Explanation]:
    """An update in place is not seen: the result is that of the old values."""
    point, other = examined.lent(fixed()), fixed(1)
    examined.results(point)
    if not all(map(np.array_equal, point, fixed())):
        yield from arguments_modified(examined)
        return
    for changed in (("w", "b"), ("x",), ("dout",)):
        old = point.map(np.copy)
        for name in changed:
            getattr(point, name)[...] = getattr(other, name)
        got = copies(examined.results(point))
        wrong = differing(got, examined.fresh(point))
        if wrong:
            if fields := _taken(point, old, got, wrong, examined.fresh):
                sentence = (
                    f"After an update in place, your {_taking(wrong, fields, before='the old ')}"
                )
                yield Explanation("outdated-parameters", sentence=sentence, about=tuple(wrong))
            return


def global_state(examined: Examination) -> Iterator[Explanation]:
    """Seeds and error states are left other than they were."""
    # The diagnosis silences the error state itself, which would hide a layer that does.
    with np.errstate(all="warn"):
        changed = list(examined.layer.state_changes(*examined.kept(fixed())))
    if changed:
        yield Explanation("global-state-changed", sentence=f"The layer changes {listed(changed)}")
