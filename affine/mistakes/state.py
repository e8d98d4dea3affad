"""Mistakes of state: results that depend on more than the arguments."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

import numpy as np

from affine.layer import Array, Operands
from affine.mistakes import memory
from affine.mistakes.calls import NAMES, copies, differing, fixed, named, results, right_at, said
from affine.mistakes.examination import Examination, close, raised
from affine.mistakes.explanation import Explanation
from affine.mistakes.probe import Probe, numbered
from affine.mistakes.words import listed

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
        sentence = (
            f"Your {listed(names)} of a second, equal call is the first result plus the right one"
        )
        return Explanation("accumulates", sentence=sentence)
    largest = max(map(_relative, (first[name] for name in names), (again[name] for name in names)))
    words = f"by up to {largest:.1g} of the value" if np.isfinite(largest) else "also in shape"
    sentence = f"Equal calls give a different {listed(names)}, {words}"
    return Explanation("not-deterministic", sentence=sentence)


def _relative(first: Array, second: Array) -> float:
    if first.shape != second.shape:
        return float("inf")
    size = np.maximum(np.abs(first), np.abs(second))
    return float((np.abs(first - second)[size > 0] / size[size > 0]).max(initial=0))


def second_pass(examined: Examination) -> Iterator[Explanation]:
    """The second backward pass on one forward pass differs from the first."""
    point = examined.kept(fixed().map(np.copy))
    _, pullback = examined.layer.vjp(*point[:3])
    first = copies(named(pullback(point.dout.copy())))
    again = raised(lambda: named(pullback(point.dout.copy())))
    if isinstance(again, Exception):
        sentence = f"The second backward pass on one forward pass raises {said(again)}"
        yield Explanation("cache-used-up", sentence=sentence)
        return
    names = differing(again, first)
    added = [name for name in names if close(again[name], 2 * first[name])]
    if names and added == names:
        sentence = f"The second backward pass gives twice the {listed(names)}: it adds to the first"
        yield Explanation("accumulates", sentence=sentence)
    elif names:
        zero = " of zeros" if not any(again[name].any() for name in names) else ""
        sentence = (
            f"The second backward pass on one forward pass gives another {listed(names)}{zero}"
        )
        yield Explanation("cache-used-up", sentence=sentence)


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
                yield Explanation("stale-state", sentence=sentence)
            return


def used_instance(examined: Examination) -> Iterator[Explanation]:
    """An instance that has run another batch uses operands of that one, or adds to its results."""
    reused = examined.layer.reused
    if reused is None:
        return
    point = numbered(1, 4, 3, seed=4)
    other = point._replace(x=point.x + 1)
    other = other._replace(dout=_fresh(examined, other)["out"] + 1)
    right, before = _fresh(examined, point), _fresh(examined, other)
    out, pullback = reused(*point.map(np.copy)[:3])
    got = copies({"out": out, **named(pullback(point.dout.copy()))})
    wrong = differing(got, right)
    if not wrong:
        return
    where = "On an instance that has run another batch"
    if all(close(got[name], right[name] + before[name]) for name in wrong):
        sentence = f"{where}, your {listed(wrong)} is the right one plus that of the batch before"
        yield Explanation("accumulates", sentence=sentence)
    elif mixed := _mixtures(point, other, got, wrong, lambda mix: _fresh(examined, mix)):
        words = mixed.replace("the second one", "the batch before")
        yield Explanation("stale-state", sentence=f"{where}, your {words}")


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
        sentence = f"Your {listed(wrong)} is the right result plus that of the call before it"
        yield Explanation("accumulates", sentence=sentence)
    elif mixed := _mixtures(second, first, got, wrong, right_at):
        words = mixed.replace("the second one", "an earlier call with the same shapes")
        yield Explanation("stale-state", sentence=f"Your {words}")


def outdated_parameters(examined: Examination) -> Iterator[Explanation]:
    """An update in place is not seen: the result is that of the old values."""
    point, other = examined.kept(fixed().map(np.copy)), fixed(1)
    before = point.map(np.copy)
    results(examined, point)
    if not all(map(np.array_equal, point, before)):
        return  # the layer writes to its arguments, and that is the cause
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
            words = words.replace("take ", "take the old ").replace("takes ", "takes the old ")
            words = words.replace(" of the second one", "")
            sentence = f"After an update in place, your {words}"
            yield Explanation("outdated-parameters", sentence=sentence)
        return


def global_state(examined: Examination) -> Iterator[Explanation]:
    """Seeds and error states are left other than they were."""
    np.random.random()  # noqa: NPY002 (a fresh seed could be the one that a layer resets to)
    # The diagnosis silences the error state itself, which would hide a layer that does.
    with np.errstate(all="warn"):
        before = examined.layer.state()
        results(examined, fixed().map(np.copy))
        after = examined.layer.state()
    changed = [name for name, value in before.items() if after.get(name) != value]
    if changed:
        yield Explanation("global-state-changed", sentence=f"The layer changes {listed(changed)}")


DETECTORS: Mapping[str, Callable[[Examination], Iterator[Explanation]]] = {
    "modified": memory.arguments_modified,
    "equal": not_deterministic,
    "twice": second_pass,
    "each_backward": stale_state,
    "compose": stale_state,
    "an_instance": used_instance,
    "earlier": earlier_call,
    "updated": outdated_parameters,
    "layout": memory.memory_layout,
    "same_array": memory.aliased_arguments,
    "later_calls": memory.buffer_reused,
    "read_only": memory.read_only_refused,
    "writing_into": memory.internals_handed_out,
    "share": memory.shared_memory,
    "process": global_state,
}
"""By a word of the property that each breaks, in the order in which they are tried."""
