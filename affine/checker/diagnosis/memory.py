"""Mistakes of memory: arguments, results and internal arrays that are one and the same."""

from collections.abc import Callable
from itertools import product

import numpy as np

from affine.cases import LAYOUTS
from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession
from affine.checker.diagnosis.fit import ratio
from affine.checker.diagnosis.phrasing import listed, notation, number, with_verb
from affine.checker.diagnosis.probe import (
    close,
    copies,
    differing,
    distinct_integers,
    plain_operands,
    right_at,
)
from affine.layer import Array, Operands, by_name


def arguments_modified(session: ProbeSession) -> Explanation | None:
    """An argument is written to; an update step of W and b is described as such."""

    def step(point: Operands) -> _Step | None:
        given = session.lent(point)
        found = copies(session.results(given))
        changes = _changes(point, given)
        if not changes or not set(changes) <= {"w", "b"}:
            return None
        rates = {
            name: _rate(new - old, found.get(f"d{name}"), old)
            for name, (old, new) in changes.items()
        }
        return rates, "w" in rates and close(found.get("dx"), point.dout @ given.w.T)

    if found := _update_step(step, "your {0} becomes {0}{1}".format):
        return found
    signed = plain_operands().map(lambda array: np.where(array == array.flat[-1], -0.0, array))
    for before, where in ((plain_operands(1), ""), *_PLACES, (signed, ", where an entry is -0")):
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
            for array, value in zip(point, before, strict=True):
                array[...] = value
            _, pullback = session.layer.vjp(*point[:3])
            names = list(map(notation, _changes(before, point)))
            for array, value in zip(point, before, strict=True) if restored else ():
                array[...] = value
            gradients.append(copies(by_name(pullback(point.dout))))
        wrong, restored_wrong = (differing(each, right_at(before)) for each in gradients)
        if names and wrong and not restored_wrong:
            because = f"so that your {with_verb(wrong, 'is', 'are')} wrong"
            sentence = f"The forward pass writes to your {listed(names)}{where}, {because}"
            return Explanation("arguments-modified", sentence, names)
    return None


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
        pairs = [(copies(session.results(point)), session.fresh(point)) for _ in range(3)]
        names = differing(*pairs[0])
        if names and all(differing(*pair) == names for pair in pairs[1:]):
            where = f"where only the memory layout of {notation(name)} is another one: {words}"
            sentence = f"Your {with_verb(names, 'differs', 'differ')} {where}"
            return Explanation("memory-layout", sentence, names)
    return None


# ------------------------------------------------------------------ an update step inside

# Rates by parameter, and whether dx was computed with the new W.
_Step = tuple[dict[str, float], bool]


def step_between_passes(session: ProbeSession) -> Explanation | None:
    """Return the step on W that a second backward pass on one forward pass sees."""

    def step(point: Operands) -> _Step | None:
        results, backward = session.passes(session.layer.vjp, point.map(np.copy))
        first = copies(results)
        again = copies(backward(point.dout.copy()))
        if differing(again, first) != ["dx"] or "dw" not in first:
            return None
        moved = point.dout @ first["dw"].T
        rate = _rate(again["dx"] - first["dx"], moved, first["dx"])
        return {"w": rate}, close(first["dx"], point.dout @ point.w.T + rate * moved)

    return _update_step(step, "a second one computes dx with {0}{1}".format)


def _update_step(
    step: Callable[[Operands], _Step | None], words: Callable[[str, str], str]
) -> Explanation | None:
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
    sentence += listed([words(name, by) for name, by in moves.items()])
    if first[1]:
        return Explanation("updated-too-early", sentence, ["dx"])
    return Explanation("update-step-inside", sentence, list(moves))


def _rate(change: Array, gradient: Array | None, size: Array) -> float:
    if gradient is None or gradient.shape != change.shape:
        return 0.0
    return ratio(change, gradient, float(np.abs(size).max(initial=0)))
