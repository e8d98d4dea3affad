"""Which reading of a layer holds: by calls on integers, all different, at sizes all different."""

import ast
import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Any, TypeAlias

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
    outputs_on,
)
from affine.checker.reading.reading import Pass, Reading
from affine.checker.reading.vocabulary import is_step
from affine.layer import VJP, Array

__all__ = [
    "PROBE", "Arrays", "Evidence", "Probe", "best_forward", "best_reading", "forward_evidence",
    "is_another_layer", "is_of_float32", "names_alone", "reads_names_alone", "silently",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Probe:
    """Operands, and what the affine layer gives for them."""

    x: Array
    w: Array
    b: Array
    dout: Array

    @property
    def right(self) -> Mapping[str, Array]:
        """The results of the affine layer, by the names of roles."""
        x, w, b, dout = self.x, self.w, self.b, self.dout
        return {"out": x @ w + b, "x": dout @ w.T, "w": x.T @ dout, "b": dout.sum(axis=0)}


def _probe(n: int, d: int, m: int) -> Probe:
    sizes = {"x": (n, d), "w": (d, m), "b": (m,), "dout": (n, m)}
    arrays, start = {}, 1
    for name, shape in sizes.items():
        count = int(np.prod(shape))
        values = np.arange(start, start + count, dtype=np.float64)
        values[1::2] *= -1
        arrays[name] = values.reshape(shape)
        start += count
    return Probe(**arrays)


# Sizes that hide a transpose, and a sum over the data points that is left out.
_ONE = _probe(1, 3, 2)
_HIDING = _probe(2, 2, 2), _ONE
_DTYPES = re.compile("dtype|float|double|half", re.IGNORECASE)
# N is a power of two: an average over N is exact.
PROBE = _probe(4, 3, 2)


def _of_numpy(result: Any) -> Any:
    """Return a result that is an array of NumPy; another library's is none."""
    return result if isinstance(result, (np.ndarray, np.generic)) else None


@dataclass(frozen=True, slots=True)
class Arrays:
    """Between arrays of NumPy and those that the layer takes."""

    inward: Callable[[Array], Any] = np.array
    outward: Callable[[Any], Any] = _of_numpy
    dtype: str = "float64"
    context: Callable[[], AbstractContextManager[Any]] = nullcontext

    def given(self, probe: Probe) -> tuple[Any, Any, Any, Any]:
        """Return fresh operands."""
        arrays = (getattr(probe, name).astype(self.dtype) for name in ("x", "w", "b", "dout"))
        x, w, b, dout = map(self.inward, arrays)
        return x, w, b, dout


@dataclass(frozen=True, slots=True)
class Evidence:
    """How far a reading came on the probe, and what stopped it.

    `right` holds the results that are exactly those of the affine layer, or its averages.
    """

    reading: Reading
    stage: str  # not built, built, forward ran, forward right, backward ran, gradients found
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
    def is_right(self) -> bool:
        """Whether all four results are."""
        return len(self.right) == 4

    @property
    def rank(self) -> tuple[int, int, int]:
        """The better the reading, the larger."""
        return len(self.right), STAGES.index(self.stage), self.sized


_IN_ORDER = {which: Place(RETURNED, ((k,),)) for k, which in enumerate("xwb")}
Backwards: TypeAlias = Callable[[Evidence], Iterable[Reading]]
"""From a forward pass to the readings of the backward passes that may belong to it."""
STAGES = ("not built", "built", "forward ran", "backward ran", "gradients found")


def silently(function: Callable[[], Any]) -> tuple[Any, str]:
    """Return what the user's code returns, or what it raises in words."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return function(), ""
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        return None, f"{type(error).__name__}{': ' * bool(text)}{text}"


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
            out = Place(RETURNED, ((0,),)) if has_cache else Place(RETURNED)
            if reading.is_certain:
                made = replace(reading, out=out, has_cache=has_cache, gradients=_IN_ORDER)
                return Evidence(made, "gradients found")
    return None


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
    if returned is None:
        places = [*outputs_on(instance)] or [Place(RETURNED)]
    else:
        places = [Place(RETURNED, ((0,),)) if _is_pair(returned) else Place(RETURNED)]
    attempts = []
    for place in places:
        completed = replace(reading, out=place, has_cache=_is_pair(returned))
        value = place.get({INSTANCE: instance, RETURNED: returned})
        result = arrays.outward(reading.layout.data(value))
        right = {"out"} if _equal(result, PROBE.right["out"]) else set()
        sized = int(np.shape(result) == PROBE.right["out"].shape) if is_array(result) else 0
        said = describe_result(returned)
        attempts.append(Evidence(completed, "forward ran", frozenset(right), sized, returned=said))
    return max(attempts, key=lambda attempt: attempt.rank)


def _is_pair(returned: Any) -> bool:
    return isinstance(returned, tuple) and len(returned) > 1


def _equal(result: Any, expected: Array) -> bool:
    return (
        is_array(result) and np.shape(result) == expected.shape and np.array_equal(result, expected)
    )


def best_forward(readings: Iterable[Reading], arrays: Arrays) -> Evidence | None:
    """Return the evidence of the first forward pass that is right, else of the likeliest one."""
    if _names_alone.get():
        return next((Evidence(one, "forward ran") for one in readings if one.is_certain), None)
    others = []
    for reading in readings:
        evidence = forward_evidence(reading, arrays)
        if evidence.is_forward_right:
            return evidence
        others.append(evidence)
    named = [one for one in others if one.reading.is_certain] or others
    return max(named, key=lambda one: one.sized, default=None)


def backward_evidence(before: Evidence, arrays: Arrays) -> Evidence:
    """Return how far the backward pass comes; the reading is completed by its gradients."""
    reached = _located(before, arrays, PROBE)
    if reached.stage == "gradients found":
        return _judged_at_rates(reached, arrays)
    if reached.problem and reached.stage != "backward ran":
        # Where the gradients are may still be seen at sizes that hide the mistake.
        for probe in _HIDING:
            seen = _located(before, arrays, probe)
            if seen.stage == "gradients found":
                sized = _judged(seen, arrays, probe).sized
                return replace(reached, reading=seen.reading, sized=sized)
    return reached


def is_of_float32(evidence: Evidence | None, arrays: Arrays) -> bool:
    """Whether a class makes its parameters of float32, and computes in it whatever it is given."""
    if evidence is None or not evidence.is_right or arrays.dtype != "float64":
        return False
    reading, instances = evidence.reading, evidence.reading.instances
    if instances is None or not instances.places:
        return False
    x, w, b, _ = (operand / 3 for operand in arrays.given(PROBE))

    def seen() -> bool:
        made = replace(instances, places=()).make(reading.layout, w, b, reading.forward)
        own = [place.get({INSTANCE: made}) for _, place in instances.places]
        out = reading.vjp(x, w, b)[0]
        is_rounded = not np.allclose(out, x @ w + b, rtol=1e-12, atol=1e-12)
        return is_rounded and all(array.dtype == np.float32 for array in own)

    return bool(silently(seen)[0])


def _judged_at_rates(reached: Evidence, arrays: Arrays) -> Evidence:
    """Return how much is right; for steps at another learning rate too, if only that one is wrong.

    At a rate of 1, a factor too many of it does not show.
    """
    judged = _judged(reached, arrays, PROBE)
    if judged.reading.update != "steps" or not judged.is_right:
        return judged
    halved = _judged(replace(reached, reading=reached.reading.at_rate(0.5)), arrays, PROBE)
    return judged if halved.is_right else halved


def _located(before: Evidence, arrays: Arrays, probe: Probe) -> Evidence:
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
        return replace(before, reading=replace(reading, gradients=_IN_ORDER), problem=problem)
    held, roots = ran
    said = describe_result(roots[RETURNED])
    found, update = _gradients(reading, held, roots)
    wanted = {"x", "w"} if reading.layout.is_folded else {"x", "w", "b"}
    missing = [{"x": "x", "w": "W", "b": "b"}[which] for which in sorted(wanted - found.keys())]
    if missing:
        problem = f"no gradient of {' and '.join(missing)}"
        missed = replace(before, stage="backward ran", problem=problem, returned=said)
        return replace(missed, reading=replace(reading, gradients=_IN_ORDER), instance=instance)
    gradients = {which: found[which] for which in sorted(wanted)}
    completed = replace(reading, gradients=gradients, update=update)
    if problem := _is_no_plain_step(completed, arrays, probe):
        return replace(before, reading=completed, stage="backward ran", problem=problem)
    if update == "overwrites" and _adds(completed, arrays, probe):
        completed = replace(completed, update="adds")
    return replace(before, reading=completed, stage="gradients found", returned=said)


def _is_no_plain_step(reading: Reading, arrays: Arrays, probe: Probe) -> str:
    """Return why a step of the weights is not that of plain gradient descent, in words."""
    if not any(place.root == "step" for place in reading.gradients.values()):
        return ""
    x, w, b, dout = arrays.given(probe)
    instance = reading.instance(w, b)

    def steps() -> list[Any]:
        again = [reading.passes(instance, x, w, b)[1](dout)[1:] for _ in range(2)]
        return [*again, reading.vjp(x, w, b)[1](dout * 2)[1:]]

    seen, problem = silently(steps)
    if problem:
        return ""
    first, second, doubled = seen
    if not all(map(_is_close, first, second)):
        return "the step of the weights depends on the passes before"
    is_even = all(_is_close(twice, one * 2) for one, twice in zip(first, doubled, strict=True))
    return "" if is_even else "the step of the weights is not in proportion to dout"


def _is_close(one: Any, other: Any) -> bool:
    """Whether two are equal up to rounding: an optimiser's own factors are no integers."""
    return bool(np.allclose(np.asarray(one), np.asarray(other), rtol=1e-6))


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
            right |= {which} if _equal(result, expected) or _equal(result, average) else set()
    return replace(before, right=frozenset(right), sized=sized)


def _gradients(
    reading: Reading, held: Mapping[str, Any], roots: Mapping[str, Any]
) -> tuple[dict[str, Place], Any]:
    """Return where the gradients are: returned, on the instance, or in the step of the weights."""
    names = returned_names(reading.backward)
    instance = roots[INSTANCE]
    found = {} if instance is None else gradients_on(instance)
    if PARAMETERS in roots:
        found |= gradients_returned(roots[PARAMETERS], root=PARAMETERS)
    found |= gradients_returned(roots[RETURNED], names)
    after = reading.parameters(instance)
    moved = [is_array(after[one]) and not _same(after[one], held[one]) for one in held]
    takes_step = any(moved) and _rate_is_set(reading, instance)
    if takes_step:
        found = {**{which: Place("step", ((which,),)) for which in held}, **found}
    return found, "steps" if takes_step else "overwrites"


def _rate_is_set(reading: Reading, instance: Any) -> bool:
    """Whether the layer takes its learning rate from its caller, or keeps it as an attribute."""
    made = reading.instances.takes.arguments if reading.instances else ()
    given = (one.name for one in (*reading.backward.takes.arguments, *made) if not one.role)
    return any(map(is_step, (*given, *attributes(instance))))


def _same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(np.asarray(one), np.asarray(other)))


def _adds(reading: Reading, arrays: Arrays, probe: Probe) -> bool:
    """Whether a layer adds both gradients up, where the caller can set them to zero."""
    places = [reading.gradients[which] for which in ("w", "b") if which in reading.gradients]
    if any(place.root != INSTANCE for place in places):
        return False
    x, w, b, dout = arrays.given(probe)

    def twice() -> list[list[Any]]:
        instance, seen = reading.instance(w, b), []
        for _ in range(2):
            known = reading.layout.given(x, w, b)
            reading.run_forward(instance, known)
            reading.run_backward(instance, {**known, "dout": reading.layout.data(dout)})
            seen.append([place.get({INSTANCE: instance}) * 1 for place in places])
        return seen

    seen, problem = silently(twice)
    if problem:
        return False
    pairs = list(zip(*seen, strict=True))
    changes = any(not _same(second, first) for first, second in pairs)
    return changes and all(_same(second, first * 2) for first, second in pairs)


def returned_names(backward: Pass) -> Sequence[str]:
    """Return the names of the values that a pass returns together, as its source has them."""
    function = backward.named.value
    try:
        tree = ast.parse(dedent(inspect.getsource(inspect.unwrap(function))))
    except (OSError, TypeError, SyntaxError, ValueError):
        return ()
    tuples = [
        node.value.elts
        for node in ast.walk(tree)
        if isinstance(node, ast.Return) and isinstance(node.value, (ast.Tuple, ast.List))
    ]
    return [getattr(one, "id", getattr(one, "attr", "")) for one in tuples[-1]] if tuples else ()


# ------------------------------------------------------------------ the best of several


_MOST_TRIED = 600


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
    right: list[Evidence] = []
    others: list[Evidence] = []
    for count, forward in enumerate(forwards):
        if count > _MOST_TRIED:
            break
        evidence = forward_evidence(forward, arrays)
        if not evidence.is_forward_right:
            others.append(evidence)
            continue
        right.append(evidence)
        best = _with_backward(evidence, backwards, arrays, best)
        if best is not None and best.is_right:
            return best, best
    furthest = best or max([*right, *others], key=lambda evidence: evidence.rank, default=None)
    if not right:
        named = [each for each in others if each.reading.is_certain and each.stage != "not built"]
        # Only a result of the right shape speaks for another layout than the first.
        for evidence in [each for each in named if each.sized][:3] or named[:1]:
            best = _with_backward(evidence, backwards, arrays, best)
            furthest = best or furthest
    if furthest is not None and (other := _other_layer(furthest, arrays)):
        return None, replace(furthest, other=other)
    return (best if best is not None and _is_held(best) else None), furthest


def _other_layer(evidence: Evidence, arrays: Arrays) -> str:
    """Return what other kind of layer it is, if it is seen to be one that takes no matrix x."""
    reading = evidence.reading
    if evidence.stage in ("not built", "backward ran"):
        return ""
    if evidence.problem:
        if not hasattr(arrays.given(PROBE)[0], "reshape"):
            return ""
        if not evidence.is_forward_right and _takes_three_axes(reading, arrays):
            return "three_axes"
        return "one_point" if _takes_one_point(reading, arrays) else ""
    if evidence.is_forward_right or evidence.stage != "gradients found":
        return ""
    return "not_affine" if is_another_layer(reading.vjp, arrays) else ""


def _takes_three_axes(reading: Reading, arrays: Arrays) -> bool:
    """Whether the forward pass is that of the affine layer for an x of shape (N, T, D)."""
    if reading.layout.columns or reading.layout.is_folded:
        return False
    x, w, b, _ = arrays.given(PROBE)
    out, _ = silently(lambda: arrays.outward(reading.vjp(x.reshape(2, 2, 3), w, b)[0]))
    return _equal(out, PROBE.right["out"].reshape(2, 2, 2))


def _takes_one_point(reading: Reading, arrays: Arrays) -> bool:
    """Whether all is right for one data point, a matrix of one row or a vector."""
    x, w, b, dout = arrays.given(_ONE)
    for points in ((x, dout), (x.reshape(-1), dout.reshape(-1))):
        point, way = points
        ran, _ = silently(lambda: reading.vjp(point, w, b))  # noqa: B023 (called at once)
        got, _ = silently(lambda: (ran[0], *ran[1](way)))  # noqa: B023
        shapes = [way.shape, point.shape, w.shape, b.shape]
        results = zip(got or (), shapes, _ONE.right.values(), strict=False)
        right = [_equal(arrays.outward(one), all_.reshape(shape)) for one, shape, all_ in results]
        if len(right) == 4 and all(right):
            return True
    return False


def is_another_layer(vjp: VJP, arrays: Arrays) -> bool:
    """Whether a layer is right as what it is: its out bends in x, and its gradients follow it.

    So is a layer with its activation inside. A step of central differences shows it well enough:
    nothing is blamed for it.
    """
    draw = np.random.default_rng(0).normal
    shapes = (4, 3), (3, 2), (2,), (4, 2)
    x, w, b, dout = (draw(size=shape).astype(arrays.dtype) for shape in shapes)
    along = tuple(draw(size=shape).astype(arrays.dtype) for shape in shapes[:3])
    still = (along[0], w * 0, b * 0)
    step, slack = (1e-5, 1e-5) if arrays.dtype == "float64" else (1e-2, 1e-2)

    def loss(scale: float, way: Sequence[Array]) -> float:
        there = (each + arrays_type(scale) * one for each, one in zip((x, w, b), way, strict=True))
        out, _ = vjp(*map(arrays.inward, there))
        return float((arrays.outward(out) * dout).sum())

    def compare() -> bool:
        _, pullback = vjp(*map(arrays.inward, (x, w, b)))
        gradients = map(arrays.outward, pullback(arrays.inward(dout)))
        slope = sum(float((g * one).sum()) for g, one in zip(gradients, along, strict=True))
        measured = (loss(step, along) - loss(-step, along)) / (2 * step)
        bend = loss(1, still) - 2 * loss(0, still) + loss(-1, still)
        return abs(measured - slope) <= slack * (1 + abs(slope)) and abs(bend) > slack

    arrays_type = np.dtype(arrays.dtype).type
    return bool(silently(compare)[0])


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
    if evidence.problem.startswith(("NameError", "ImportError", "ModuleNotFoundError")):
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
