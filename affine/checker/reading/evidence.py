"""How far one reading of a layer comes on a probe: what it returns, and how much of it is right."""

import ast
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from textwrap import dedent
from types import CodeType
from typing import Any

import numpy as np

from affine.checker.reading.places import (
    INSTANCE,
    PARAMETERS,
    RETURNED,
    Place,
    attributes,
    describe_result,
    gradients_on,
    gradients_returned,
    is_array,
    rates_on,
)
from affine.checker.reading.probes import HIDING, PROBE, Arrays, Probe, equal, same, silently
from affine.checker.reading.reading import Pass, Reading
from affine.checker.reading.vocabulary import WORDS

__all__ = [
    "IN_ORDER", "Evidence", "backward_evidence", "forward_evidence", "is_of_float32", "located",
    "nodes_of", "returned_names", "returns_pullback",
]  # fmt: skip

_DTYPES = re.compile("dtype|float|double|half", re.IGNORECASE)
IN_ORDER = {which: Place(RETURNED, ((k,),)) for k, which in enumerate("xwb")}
"""Where dx, dw and db are in a tuple of three."""
_STAGES = ("not built", "built", "forward ran", "backward ran", "gradients found")


@dataclass(frozen=True, slots=True)
class Evidence:
    """How far a reading came on the probe, and what stopped it.

    `right` holds the results that are exactly those of the affine layer, or its averages.
    """

    reading: Reading
    stage: str  # one of `_STAGES`
    right: frozenset[str] = frozenset()
    sized: int = 0  # results of the right size
    problem: str = ""
    returned: str = ""
    other: str = ""  # what kind of another layer it is seen to be
    instance: Any = None  # after both passes

    @property
    def is_forward_right(self) -> bool:
        """Whether out is."""
        return "out" in self.right

    @property
    def names_a_dtype(self) -> bool:
        """Whether what stopped it speaks of dtypes."""
        return bool(_DTYPES.search(self.problem))

    @property
    def may_lack_something(self) -> bool:
        """Whether what stopped it may be what this machine has not, such as a file or a device."""
        return getattr(self.problem, "may_be_of_machine", False)

    @property
    def is_right(self) -> bool:
        """Whether all four results are."""
        return len(self.right) == 4

    @property
    def rank(self) -> tuple[int, int, int]:
        """The better the reading, the larger."""
        return len(self.right), _STAGES.index(self.stage), self.sized


def forward_evidence(reading: Reading, arrays: Arrays) -> Evidence:
    """Return how far the forward pass comes; the reading is completed by where it leaves out."""
    x, w, b, _ = arrays.given(PROBE)
    instance, problem = silently(lambda: reading.instance(w, b))
    if problem:
        return Evidence(reading, "not built", problem=problem)
    known = reading.layout.given(x, w, b)
    returned, problem = silently(lambda: reading.forward.call(instance, known))
    if problem:
        return Evidence(reading, "built", problem=problem)
    is_pair = isinstance(returned, tuple) and len(returned) > 1
    has_cache = is_pair or "cache" in reading.forward.takes.roles
    held = attributes(instance) if returned is None else {}
    left = [Place(INSTANCE, (name,)) for name in WORDS["names"]["outputs"] if name in held]
    attempts = []
    for place in left or [Place(RETURNED, ((0,),) if is_pair else ())]:
        completed = replace(reading, out=place, has_cache=has_cache)
        value = place.get({INSTANCE: instance, RETURNED: returned})
        result = arrays.outward(reading.layout.data(value))
        right = {"out"} if equal(result, PROBE.right["out"]) else set()
        sized = int(np.shape(result) == PROBE.right["out"].shape) if is_array(result) else 0
        said = describe_result(returned)
        attempts.append(Evidence(completed, "forward ran", frozenset(right), sized, returned=said))
    return max(attempts, key=lambda attempt: attempt.rank)


def backward_evidence(before: Evidence, arrays: Arrays) -> Evidence:
    """Return how far the backward pass comes; the reading is completed by its gradients."""
    reached = located(before, arrays, PROBE)
    if reached.stage == "gradients found":
        judged = _judged(reached, arrays, PROBE)
        if judged.reading.update != "steps":
            return judged
        # At a rate of 1, a factor too many of it does not show.
        halved = _judged(replace(reached, reading=reached.reading.at_rate(0.5)), arrays, PROBE)
        if judged.is_right and halved.is_right:
            return judged
        by_steps = _by_steps(halved, arrays)
        if by_steps and (judged.is_right or by_steps.is_right):
            return by_steps
        return halved if judged.is_right else judged
    if reached.problem and reached.stage != "backward ran":
        # Where the gradients are may still be seen at sizes that hide the mistake.
        tried = [located(before, arrays, probe) for probe in HIDING]
        for seen, probe in zip(tried, HIDING, strict=True):
            if seen.stage == "gradients found":
                sized = _judged(seen, arrays, probe).sized
                return replace(reached, reading=seen.reading, sized=sized)
        return next((seen for seen in tried if seen.stage == "backward ran"), reached)
    return reached


def _by_steps(halved: Evidence, arrays: Arrays) -> Evidence | None:
    """Return the evidence where the step is what counts, as beside a kept lr · dW."""
    reading = halved.reading
    steps = {one: Place("step", ((one,),)) for one in reading.gradients if one != "x"}
    if reading.is_by_steps or not reading.held_in:
        return None
    reading = replace(reading, gradients={**reading.gradients, **steps})
    if problem := _is_no_plain_step(reading, arrays, PROBE):
        return replace(halved, reading=reading, stage="backward ran", problem=problem)
    seen = _judged(replace(halved, right=frozenset({"out"}), reading=reading), arrays, PROBE)
    return replace(seen, reading=reading.at_rate(1.0)) if seen.is_right else None


def is_of_float32(evidence: Evidence | None, arrays: Arrays) -> bool:
    """Whether a class makes its parameters of float32, and computes in it whatever it is given."""
    if evidence is None or not evidence.is_right or arrays.dtype != "float64":
        return False
    reading, instances = evidence.reading, evidence.reading.instances
    if instances is None or not instances.places:
        return False
    third = Probe(*(operand / 3 for operand in arrays.given(PROBE)))
    is_close = partial(np.allclose, rtol=1e-12, atol=1e-12)

    def seen() -> bool:
        made = replace(instances, places=()).make(reading.layout, third.w, third.b, reading.forward)
        own = [place.get({INSTANCE: made}) for _, place in instances.places]
        out, pullback = reading.vjp(third.x, third.w, third.b)
        results = zip([out, *pullback(third.dout)], third.right.values(), strict=True)
        is_exact = all(is_close(a, b) or is_close(a * len(third.x), b) for a, b in results)
        return not is_exact and all(array.dtype == np.float32 for array in own)

    return bool(silently(seen)[0])


def located(before: Evidence, arrays: Arrays, probe: Probe) -> Evidence:
    """Return how far the backward pass comes on a probe, and where it leaves the gradients."""
    reading = before.reading
    x, w, b, dout = arrays.given(probe)
    instance = reading.instance(w, b)

    def run() -> tuple[dict[str, Any], dict[str, Any]]:
        known = reading.layout.given(x, w, b)
        reading.run_forward(instance, known)
        held = {which: value * 1 for which, value in reading.parameters(instance).items()}
        return held, reading.run_backward(instance, {**known, "dout": reading.layout.data(dout)})

    ran, problem = silently(run)
    if problem:
        return replace(before, reading=replace(reading, gradients=IN_ORDER), problem=problem)
    held, roots = ran
    said = describe_result(roots[RETURNED])
    found, update = _gradients(reading, held, roots)
    wanted = {"x", "w"} if reading.layout.is_folded else {"x", "w", "b"}
    missing = [{"x": "X", "w": "W", "b": "b"}[which] for which in sorted(wanted - found.keys())]
    if missing:
        problem = f"no gradient of {' and '.join(missing)}"
        other = "no_rate" if update == "steps" and missing != ["X"] else ""
        missed = replace(before, stage="backward ran", problem=problem, returned=said, other=other)
        return replace(missed, reading=replace(reading, gradients=IN_ORDER), instance=instance)
    gradients = {which: found[which] for which in sorted(wanted)}
    completed = replace(reading, gradients=gradients, update=update)
    if problem := _is_no_plain_step(completed, arrays, probe):
        return replace(before, reading=completed, stage="backward ran", problem=problem)
    if update == "overwrites" and _adds(completed, arrays, probe):
        completed = replace(completed, update="adds")
    return replace(before, reading=completed, stage="gradients found", returned=said)


def _is_no_plain_step(reading: Reading, arrays: Arrays, probe: Probe) -> str:
    """Return why a step of the weights is not that of plain gradient descent, in words."""
    if not reading.is_by_steps:
        return ""
    x, w, b, dout = arrays.given(probe)
    instance = reading.instance(w, b)

    def steps() -> list[Any]:
        # A copy each time: the layer may write over it.
        again = [reading.passes(instance, x, w, b)[1](dout * 1)[1:] for _ in range(2)]
        return again + [reading.vjp(x, w, b)[1](dout * scale)[1:] for scale in (2, 0)]

    seen, problem = silently(steps)
    if problem:
        return ""
    first, second, doubled, none = ([np.asarray(step) for step in each] for each in seen)
    # Up to rounding: an optimiser's own factors are no integers.
    is_close = partial(np.allclose, rtol=1e-6)
    if not all(map(is_close, first, second)):
        return "the step of the weights depends on the passes before"
    is_even = all(is_close(twice, one * 2) for one, twice in zip(first, doubled, strict=True))
    # Where a weight decay is small, dout = 0 alone shows it.
    is_even &= not any(map(np.any, none))
    return "" if is_even else "the step of the weights is not in proportion to dout"


def _judged(before: Evidence, arrays: Arrays, probe: Probe) -> Evidence:
    """Return how many gradients are right, or averages of the right ones."""
    reading = before.reading
    x, w, b, dout = arrays.given(probe)
    got, problem = silently(lambda: reading.vjp(x, w, b)[1](dout))
    if problem:
        return replace(before, problem=problem)
    right, sized = set(before.right), before.sized
    for which, gradient in zip("xwb", got, strict=True):
        result, expected = arrays.outward(gradient), probe.right[which]
        if is_array(result):
            kept = 2 if which == "b" and reading.layout.bias != "(M,)" else expected.ndim
            has_axes = np.ndim(result) in (expected.ndim, kept)
            sized += (np.size(result) == expected.size) + has_axes
            average = expected / (len(probe.x) if which != "x" else 1)
            right |= {which} if equal(result, expected) or equal(result, average) else set()
    return replace(before, right=frozenset(right), sized=sized)


def _gradients(
    reading: Reading, held: Mapping[str, Any], roots: Mapping[str, Any]
) -> tuple[dict[str, Place], Any]:
    """Return where the gradients are: returned, on the instance, or in the step of the weights."""
    names = returned_names(reading.backward)
    instance = roots[INSTANCE]
    found = {} if instance is None else gradients_on(instance)
    if is_array(roots[RETURNED]) and all(place.get(roots) is None for place in found.values()):
        found = {}  # dx came back, and left all names empty: as where the parameters are frozen
    if PARAMETERS in roots:
        found |= gradients_returned(roots[PARAMETERS], root=PARAMETERS)
    for which, place in gradients_returned(roots[RETURNED], names).items():
        # A number beside dx is no gradient where the instance keeps that one.
        if which not in found or np.ndim(place.get(roots)) > 0:
            found[which] = place
    after = reading.parameters(instance)
    for which in found.keys() & after.keys():
        pair = found[which].get(roots)
        are_own = [one is after[which] for one in pair] if type(pair) in (list, tuple) else []
        if sorted(are_own) == [False, True]:  # a gradient beside its parameter
            steps = (*found[which].path, (are_own.index(False),))
            found[which] = replace(found[which], path=steps)
    moved = [is_array(after[one]) and not same(after[one], held[one]) for one in held]
    if not any(moved):
        return found, "overwrites"
    made = reading.instances.takes.arguments if reading.instances else ()
    is_given = any(one.is_rate for one in (*reading.backward.takes.arguments, *made))
    if not is_given and not [*rates_on(instance, reading.backward.method)]:
        # Without a rate it may change weights of its own; those that it was given are the caller's.
        is_own = reading.instances is not None and bool(reading.instances.places)
        return found, "steps" if is_own or "w" not in found else "overwrites"
    return {**{which: Place("step", ((which,),)) for which in held}, **found}, "steps"


def _adds(reading: Reading, arrays: Arrays, probe: Probe) -> bool:
    """Whether a layer adds both gradients up, where the caller can set them to zero."""
    places = [reading.gradients[which] for which in ("w", "b") if which in reading.gradients]
    if any(place.root != INSTANCE for place in places):
        return False
    x, w, b, dout = arrays.given(probe)

    def twice() -> list[list[Any]]:
        instance, seen = reading.instance(w, b), []
        for _ in range(2):
            reading.passes(instance, x, w, b)[1](dout)
            seen.append([place.get({INSTANCE: instance}) * 1 for place in places])
        return seen

    seen, problem = silently(twice)
    if problem:
        return False
    pairs = list(zip(*seen, strict=True))
    changes = any(not same(second, first) for first, second in pairs)
    return changes and all(same(second, first * 2) for first, second in pairs)


def returns_pullback(function: Any) -> bool:
    """Whether a function returns a second one that is written inside of it, beside a result."""
    inside = getattr(getattr(function, "__code__", None), "co_consts", ())
    nested = [one.co_name for one in inside if isinstance(one, CodeType)]
    seconds = [names[1] for names in _returned(function) if len(names) == 2] if nested else []
    return any((name or "<lambda>") in nested for name in seconds)


def returned_names(backward: Pass) -> Sequence[str]:
    """Return the names of the values that a pass returns together, as its source has them."""
    return next(reversed(_returned(backward.named.value)), ())


def nodes_of(function: Any) -> Sequence[ast.AST]:
    """Return the nodes of the source of a function, none where that is not there."""
    try:
        return [*ast.walk(ast.parse(dedent(inspect.getsource(inspect.unwrap(function)))))]
    except (OSError, TypeError, SyntaxError, ValueError):
        return []


def _returned(function: Any) -> Sequence[Sequence[str]]:
    """Return the names in each tuple that a function returns, those of inner functions last."""
    return [
        [getattr(one, "id", getattr(one, "attr", "")) for one in node.value.elts]
        for node in nodes_of(function)
        if isinstance(node, ast.Return) and isinstance(node.value, (ast.Tuple, ast.List))
    ]
