"""Which reading of a layer holds: of several the one under which most is right."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from affine.checker.reading.evidence import (
    IN_ORDER,
    Evidence,
    backward_evidence,
    forward_evidence,
    returned_names,
)
from affine.checker.reading.other_layers import is_for_single_rows, other_layer
from affine.checker.reading.places import RETURNED, Place
from affine.checker.reading.probes import Arrays
from affine.checker.reading.reading import Reading

__all__ = ["Backwards", "best_forward", "best_reading", "names_alone", "reads_names_alone"]

Backwards: TypeAlias = Callable[[Evidence], Iterable[Reading]]
"""From a forward pass to the readings of the backward passes that may belong to it."""

_MOST_TRIED = 601


def best_reading(
    forwards: Iterable[Reading], backwards: Backwards, arrays: Arrays
) -> tuple[Evidence | None, Evidence | None]:
    """Return the evidence of the reading that holds, None if none does; and the furthest.

    Of several that hold the one under which most is right is taken. Where the forward pass is
    right under none, one whose names leave no doubt is taken.
    """
    if _names_alone.get():
        return _by_names(forwards, backwards), None
    best: Evidence | None = None
    tried: list[Evidence] = []
    for forward in islice(forwards, _MOST_TRIED):
        evidence = forward_evidence(forward, arrays)
        tried.append(evidence)
        if not evidence.is_forward_right:
            continue
        best = _with_backward(evidence, backwards, arrays, best)
        if best is not None and best.is_right:
            if is_for_single_rows(best.reading, arrays):
                return None, replace(best, other="single_rows")
            return best, best
    furthest = best or max(tried, key=lambda evidence: evidence.rank, default=None)
    if not any(each.is_forward_right for each in tried):
        named = [each for each in tried if each.reading.is_certain and each.stage != "not built"]
        # Only a result of the right shape speaks for another layout than the first.
        for evidence in [each for each in named if each.sized][:3] or named[:1]:
            best = _with_backward(evidence, backwards, arrays, best)
            furthest = best or furthest
    if furthest is not None and (other := other_layer(furthest, arrays)):
        return None, replace(furthest, other=other)
    return (best if best is not None and _is_held(best) else None), furthest


# What a pass raises that lacks what another call would have set up, or is given no array.
_NOT_SET_UP = ("AttributeError", "TypeError", "KeyError", "NotImplementedError")


def _is_held(evidence: Evidence) -> bool:
    """Whether a reading may be judged: it is known what the layer is given, and what it returns."""
    reading = evidence.reading
    if not evidence.is_forward_right and not reading.is_certain:
        return False
    if evidence.stage == "gradients found":
        # An argument that was guessed wrong seldom leaves two of three gradients right.
        return reading.is_certain or len(evidence.right & {"x", "w", "b"}) > 1
    # It may be what was left out where the definitions of a file alone were loaded.
    if evidence.problem.startswith("NameError") or evidence.may_lack_something:
        return False
    is_pair = reading.instances is None
    if evidence.stage == "backward ran":
        return is_pair and reading.is_certain
    if evidence.problem.startswith(_NOT_SET_UP):
        return is_pair and reading.is_named
    return reading.is_certain


def _with_backward(
    evidence: Evidence, backwards: Backwards, arrays: Arrays, best: Evidence | None
) -> Evidence | None:
    """Return the better of the best so far and each backward pass after a forward pass."""
    for reading in backwards(evidence):
        got = backward_evidence(replace(evidence, reading=reading), arrays)
        if best is None or got.rank > best.rank:
            best = got
        if best.is_right:
            break
    return best


def best_forward(readings: Iterable[Reading], arrays: Arrays) -> Evidence | None:
    """Return the evidence of the first forward pass that is right, else of the likeliest one."""
    if _names_alone.get():
        return next((Evidence(one, "forward ran") for one in readings if one.is_certain), None)
    tried = []
    for reading in readings:
        tried.append(forward_evidence(reading, arrays))
        if tried[-1].is_forward_right:
            return tried[-1]
    named = [one for one in tried if one.reading.is_certain] or tried
    return max(named, key=lambda one: one.sized, default=None)


# Whether the layer is not called at all: it ended or hung its process when it was.
_names_alone: ContextVar[bool] = ContextVar("names_alone", default=False)


@contextmanager
def names_alone() -> Iterator[None]:
    """Read what the names leave no doubt of, and call nothing."""
    token = _names_alone.set(True)
    try:
        yield
    finally:
        _names_alone.reset(token)


def reads_names_alone() -> bool:
    """Whether nothing is called."""
    return _names_alone.get()


def _by_names(forwards: Iterable[Reading], backwards: Backwards) -> Evidence | None:
    """Return the first reading of functions that is sure by the names of their arguments."""
    for forward in forwards:
        sure = forward.is_certain and forward.instances is None
        if sure and (reading := next(iter(backwards(Evidence(forward, "built"))), None)):
            has_cache = "cache" in reading.backward.takes.roles
            has_cache |= len(returned_names(forward.forward)) == 2
            is_pair = has_cache and "cache" not in forward.forward.takes.roles
            out = Place(RETURNED, ((0,),)) if is_pair else Place(RETURNED)
            if reading.is_certain:
                made = replace(reading, out=out, has_cache=has_cache, gradients=IN_ORDER)
                return Evidence(made, "gradients found")
    return None
