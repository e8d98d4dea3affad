"""Mistakes of state: results that depend on more than the arguments."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

import numpy as np

from affine.checker.diagnosis import memory
from affine.checker.diagnosis.examination import Examination, close, raised
from affine.checker.diagnosis.explanation import Explanation
from affine.checker.diagnosis.fixtures import (
    NAMES,
    copies,
    differing,
    fixed,
    named,
    results,
    right_at,
    said,
)
from affine.checker.diagnosis.phrasing import agreeing, listed
from affine.checker.diagnosis.probe import Probe, numbered
from affine.checker.diagnosis.sgd_updates import step_between_passes
from affine.layer import Array, Operands

__all__ = ["DETECTORS"]


def not_deterministic(examined: Examination) -> Iterator[Explanation]:
    """Equal calls differ."""
    point = fixed()
    first = copies(results(examined, point.map(np.copy)))
    for _ in range(15):
        again = results(examined, point.map(np.copy))
        names = [
            name for name in first if not np.array_equal(first[name], again[name], equal_nan=True)
        ]
        if names:
            yield _changing(first, again, names, Probe(point))
            return


def _changing(
    first: Mapping[str, Array], again: Mapping[str, Array], names: list[str], probe: Probe
) -> Explanation:
    added = [name for name in names if close(again[name], first[name] + probe.right(name))]
    if added == names:
        verb = agreeing(names, "is", "are each")
        sentence = (
            f"Your {listed(names)} of a second, equal call {verb} the first result plus the right "
            "one"
        )
        return Explanation("accumulates", sentence=sentence, about=tuple(names))
    largest = max(map(_relative, (first[name] for name in names), (again[name] for name in names)))
    words = f"by up to {largest:.1g} of the value" if np.isfinite(largest) else "also in shape"
    sentence = f"Equal calls give a different {listed(names)}, {words}"
    return Explanation("not-deterministic", sentence=sentence, about=tuple(names))


def _relative(first: Array, second: Array) -> float:
    if first.shape != second.shape:
        return float("inf")
    size = np.maximum(np.abs(first), np.abs(second))
    return float((np.abs(first - second)[size > 0] / size[size > 0]).max(initial=0))


def second_pass(examined: Examination) -> Iterator[Explanation]:
    """The second backward pass on one forward pass differs from the first."""
    point = examined.kept(examined.lent(fixed()))
    _, pullback = examined.layer.vjp(*point[:3])
    first = copies(named(pullback(point.dout.copy())))
    again = raised(lambda: named(pullback(point.dout.copy())))
    if isinstance(again, Exception):
        sentence = f"The second backward pass on one forward pass raises {said(again)}"
        yield Explanation("cache-used-up", sentence=sentence)
        return
    if step := step_between_passes(examined):
        yield step
        return
    names = differing(again, first)
    for array, before in zip(point, fixed(), strict=True):
        array[...] = before
    if names and not differing(copies(named(pullback(fixed().dout))), first):
        yield from memory.arguments_modified(examined)  # undone, the passes agree
    added = [name for name in names if close(again[name], 2 * first[name])]
    if names and added == names:
        sentence = f"The second backward pass gives twice the {listed(names)}: it adds to the first"
        yield Explanation("accumulates", sentence=sentence, about=tuple(names))
    elif names:
        zero = " of zeros" if not any(again[name].any() for name in names) else ""
        sentence = (
            f"The second backward pass on one forward pass gives another {listed(names)}{zero}"
        )
        yield Explanation("cache-used-up", sentence=sentence, about=tuple(names))


def stale_state(examined: Examination) -> Iterator[Explanation]:
    """A backward pass uses operands of another call, of the same shapes or not."""
    for order in ("", " and backward"):
        point, other = examined.kept(fixed()), examined.kept(fixed(1))
        _, pullback = examined.layer.vjp(*point.map(np.copy)[:3])
        _, later = examined.layer.vjp(*other.map(np.copy)[:3])
        if order:
            later(other.dout.copy())
        got = copies(named(pullback(point.dout.copy())))
        wrong = differing(got, _fresh(examined, point))
        if wrong:
            mixed = _mixtures(point, other, got, wrong, lambda mix: _fresh(examined, mix))
            if mixed:
                sentence = f"After a second forward{order} pass, the first one's {mixed}"
                yield Explanation("stale-state", sentence=sentence, about=tuple(wrong))
            return


def used_instance(examined: Examination) -> Iterator[Explanation]:
    """An instance that has run other batches uses operands of those, or adds to their results."""
    reused = examined.layer.variants.get("on_reused_instance")
    if reused is None:
        return
    point = numbered(1, 4, 3, seed=4)
    out, pullback = reused(*point.map(np.copy)[:3])
    got = copies({"out": out, **named(pullback(point.dout.copy()))})
    wrong = differing(got, _fresh(examined, point))
    if wrong:
        yield from _of_other_batches(examined, point, got, wrong)


def followed_instance(examined: Examination) -> Iterator[Explanation]:
    """Results of a batch are overwritten when the same instance runs another one."""
    followed = examined.layer.variants.get("then_next_batch")
    if followed is None:
        return
    point = numbered(1, 4, 3, seed=4)
    out, pullback = followed(*point.map(np.copy)[:3])
    at_once = copies({"out": out})
    late = {"out": out, **named(pullback(point.dout.copy()))}
    late = {name: examined.layer.memory.read(result) for name, result in late.items()}
    wrong = differing(late, _fresh(examined, point))
    if wrong and not differing(at_once, _fresh(examined, point)):
        sentence = f"Your {listed(wrong)} of one batch {agreeing(wrong, 'changes', 'change')} when "
        sentence += "the same instance runs another one"
        yield Explanation("buffer-reused", sentence=sentence, about=tuple(wrong))


def _of_other_batches(
    examined: Examination, point: Operands, got: Mapping[str, Array], wrong: list[str]
) -> Iterator[Explanation]:
    """Explain what an instance gives by the batches that it ran before, all of them equal."""
    right, where = _fresh(examined, point), "On an instance that has run another batch"
    # What is given with every call, as weights may be, was another one too.
    for step in (0, 1):
        other = point._replace(x=point.x + 1, w=point.w + step, b=point.b + step)
        other = other._replace(dout=_fresh(examined, other)["out"] + 1)
        before = _fresh(examined, other)
        for count in range(1, 10):
            if all(close(got[name], right[name] + count * before[name]) for name in wrong):
                verb = agreeing(wrong, "is", "are each")
                sentence = f"{where}, your {listed(wrong)} {verb} the right one plus that of the "
                sentence += "batch before" + (", and of those before it" if count > 1 else "")
                yield Explanation("accumulates", sentence=sentence)
                return
        # Where X of an earlier batch is used, this one's has no part in the results.
        lost = [name for name in wrong if name == "dx" and not got[name].any()]
        taken = [name for name in wrong if name not in lost]
        mixed = _mixtures(point, other, got, taken, lambda mix: _fresh(examined, mix))
        if taken and mixed:
            words = mixed.replace("the second one", "the batch before")
            words += f", and your {listed(lost)} is 0" if lost else ""
            yield Explanation("stale-state", sentence=f"{where}, your {words}", about=tuple(wrong))
            return


def updated_instance(examined: Examination) -> Iterator[Explanation]:
    """An instance whose parameters were updated in place goes on with the old ones."""
    updated = examined.layer.variants.get("after_update")
    if updated is None:
        return
    if found := next(used_instance(examined), None):
        yield found  # what other batches leave behind needs no update to show itself
        return
    point = numbered(1, 4, 3, seed=4)
    old = point._replace(x=point.x + 1, w=point.w + 1, b=point.b + 1)
    out, pullback = updated(*point.map(np.copy)[:3])
    got = copies({"out": out, **named(pullback(point.dout.copy()))})
    wrong = differing(got, _fresh(examined, point))
    words = _mixtures(point, old, got, wrong, lambda mix: _fresh(examined, mix)) if wrong else ""
    if words:
        sentence = f"After an update in place of the parameters of an instance, your {_aged(words)}"
        yield Explanation("outdated-parameters", sentence=sentence, about=tuple(wrong))


def _aged(words: str) -> str:
    """Say "the old W" for what a mixture calls W of the second one."""
    words = words.replace("take ", "take the old ").replace("takes ", "takes the old ")
    return words.replace(" of the second one", "")


def _fresh(examined: Examination, point: Operands) -> dict[str, Array]:
    """Return what the layer itself gives for copies of the operands, wrong formulas included."""
    return copies(results(examined, point.map(np.copy)))


def _mixtures(
    point: Operands,
    other: Operands,
    got: Mapping[str, Array],
    names: list[str],
    value: Callable[[Operands], Mapping[str, Array]],
) -> str:
    """Return which operands of the other call give the results, if some do."""
    for count in (1, 2, 3, 4):
        for fields in combinations(Operands._fields, count):
            mix = point._replace(**{field: getattr(other, field) for field in fields})
            right, moved = right_at(point), right_at(mix)
            # An operand that a result does not contain explains nothing.
            if any(close(right[name], moved[name]) for name in names):
                continue
            mixed = value(mix)
            if all(close(got[name], mixed[name]) for name in names):
                used = listed([NAMES[field] for field in fields])
                verb = "take" if len(names) > 1 else "takes"
                return f"{listed(names)} {verb} {used} of the second one"
    return ""


def earlier_call(examined: Examination) -> Iterator[Explanation]:
    """A call gives what an earlier call with arguments of the same shapes gave, or part of it."""
    first, second = numbered(6, 5, 3, seed=2), numbered(6, 5, 3, seed=3)
    results(examined, first.map(np.copy))
    got = copies(results(examined, second.map(np.copy)))
    wrong = differing(got, right_at(second))
    if not wrong:
        return
    probe, before = right_at(second), right_at(first)
    if all(close(got[name], probe[name] + before[name]) for name in wrong):
        verb = agreeing(wrong, "is", "are each")
        sentence = f"Your {listed(wrong)} {verb} the right result plus that of the call before it"
        yield Explanation("accumulates", sentence=sentence, about=tuple(wrong))
    elif mixed := _mixtures(second, first, got, wrong, right_at):
        words = mixed.replace("the second one", "an earlier call with the same shapes")
        yield Explanation("stale-state", sentence=f"Your {words}", about=tuple(wrong))


def outdated_parameters(examined: Examination) -> Iterator[Explanation]:
    """An update in place is not seen: the result is that of the old values."""
    point, other = examined.kept(examined.lent(fixed())), fixed(1)
    before = point.map(np.copy)
    results(examined, point)
    if not all(map(np.array_equal, point, before)):
        yield from memory.arguments_modified(examined)
        return
    for changed in (("w", "b"), ("x",), ("dout",)):
        old = point.map(np.copy)
        for name in changed:
            getattr(point, name)[...] = getattr(other, name)
        got = copies(results(examined, point))
        wrong = differing(got, _fresh(examined, point))
        if not wrong:
            continue
        words = _mixtures(point, old, got, wrong, lambda mix: _fresh(examined, mix))
        if words:
            sentence = f"After an update in place, your {_aged(words)}"
            yield Explanation("outdated-parameters", sentence=sentence, about=tuple(wrong))
        return


def global_state(examined: Examination) -> Iterator[Explanation]:
    """Seeds and error states are left other than they were."""
    # The diagnosis silences the error state itself, which would hide a layer that does.
    with np.errstate(all="warn"):
        changed = list(examined.layer.state_changes(*examined.kept(fixed().map(np.copy))))
    if changed:
        yield Explanation("global-state-changed", sentence=f"The layer changes {listed(changed)}")


DETECTORS: Mapping[str, Callable[[Examination], Iterator[Explanation]]] = {
    "modified": memory.arguments_modified,
    "equal_calls": not_deterministic,
    "backward_twice": second_pass,
    "each_backward": stale_state,
    "compose": stale_state,
    "sees_its_updated": updated_instance,
    "an_instance": used_instance,
    "earlier": earlier_call,
    "updated": outdated_parameters,
    "layout": memory.memory_layout,
    "same_array": memory.aliased_arguments,
    "later_calls": memory.buffer_reused,
    "later_batches": followed_instance,
    "read_only": memory.read_only_refused,
    "writing_into": memory.internals_handed_out,
    "share": memory.shared_memory,
    "process": global_state,
}
"""By a word of the property that each breaks, in the order in which they are tried."""
