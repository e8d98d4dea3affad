"""Search for a case on which a layer breaks a property, and shrink it.

A case is one flat draw of bytes. They are drawn once, and each property reads them as
`affine.strategies.cases` does. A plain loop runs them: the engine of Hypothesis costs several
times what a small case does, and takes as long to load as NumPy.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice, product
from random import Random
from time import perf_counter
from typing import Any, TypeAlias, TypeVar

import numpy as np

from affine import cases
from affine.checker.clock import Clock
from affine.checker.reduction import snap_to_exact
from affine.checker.report import Outcome
from affine.layer import Call, Case, Layer, OutOfTime, Results, WorkerDied
from affine.properties import PROPERTIES, Property, value
from affine.properties.property import isolated

T = TypeVar("T")
_Key = tuple[tuple[str, tuple[int, ...], bytes], ...]
_CaseKey: TypeAlias = tuple[Any, ...]
Progress = Callable[[str, int, int], None]

JUDGES = {
    "out": value.forward_is_x_w_plus_b,
    "dx": value.dx_is_dout_wt,
    "dw": value.dw_is_xt_dout,
    "db": value.db_is_the_column_sum_of_dout,
}
"""The property that anchors each result to its equation."""

_SIDES = (1, 2, 3)
SMALL_SHAPES = sorted(product(_SIDES, _SIDES, _SIDES), key=lambda shape: (sum(shape), shape))
"""All sizes (N, D, M) up to 3, by their sum."""

EXAMPLES = 60
_EXAMPLES_OF_LARGE = 15
# A result is known to be wrong: the rest is searched for what else is, for less of the time.
_EXAMPLES_ONCE_WRONG, _SHARE_ONCE_WRONG = 5, 0.75
_MOST_DEATHS = 6  # a layer that dies again and again: the rest of the properties is not run
_TRIES = 4  # of other entries, at each of the small sizes

# Groups whose properties compare results with formulas: they share their calls.
_OF_VALUES = ("value", "algebra", "batch")

# Why a property is not observable on a layer without the variant that it needs.
_NO_INSTANCES = "the layer has no instances that could be used again"
_LACKING = {
    "with_extra_axes": "the layer was not seen to flatten an x of more axes",
    "with_leading_axes": "the layer was not seen to take leading axes",
    "on_reused_instance": _NO_INSTANCES,
    "then_next_batch": _NO_INSTANCES,
    "after_update": "the layer keeps no W and b that could be updated",
    "compiled": "no framework compiles the layer",
    "vmapped": "no framework vectorises the layer",
    "with_frozen_operands": "the operands cannot be frozen, as those of a framework can",
}

# Those of the sizes come first: they are shrunk first.
_LAYOUTS = slice(cases.SIZE_BYTES, cases.SIZE_BYTES + cases.LAYOUT_BYTES)
_BYTES = _LAYOUTS.stop + cases.VALUE_BYTES

# A layer that compiles for every new shape meets only these.
_PALETTE = (
    (8, 5, 6), (4, 3, 2), (2, 4, 3), (3, 2, 4), (3, 3, 3), (2, 2, 2),
    (3, 2, 1), (1, 3, 2), (2, 1, 3), (1, 1, 1),
)  # fmt: skip


def fails_on(tested: Callable[[Layer, Case], None], layer: Layer, case: Case) -> Exception | None:
    """Return what the property raises on the case, None where it holds."""
    try:
        # An error state that the layer leaves behind must not hide that it does so next time.
        with np.errstate():
            tested(layer, case)
    except Exception as error:
        return error
    return None


def outcome_on(tested: Property, layer: Layer, case: Case) -> Outcome:
    """Return the outcome of the property on one case."""
    start = perf_counter()
    error = fails_on(tested, layer, case)
    outcome = Outcome(tested.name, "held", 1, perf_counter() - start)
    if error is None:
        return outcome
    return replace(outcome, status="falsified", counterexample=case, error=error)


def _before_the_search(tested: Property, layer: Layer) -> Outcome:
    if tested.is_observable_on(layer):
        return Outcome(tested.name, "held")
    lacking = _LACKING.get(tested.needs, f"the layer has no {tested.needs}")
    reason = layer.not_applicable.get(tested.name, lacking)
    return Outcome(tested.name, "not_observable", reason=reason)


@dataclass
class Subject:
    """The layer under test, and what the steps of a check have found out about its properties."""

    layer: Layer  # its sums are snapped to the exact ones once they are seen to round
    properties: Sequence[Property]  # in the order of the suite
    notes: frozenset[str]  # names of those whose failure is only remarked on
    clock: Clock
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # by the name of the property
    unsnapped: Layer | None = None  # once sums are snapped, for the properties about rounding
    rounding: str = ""  # on what it was seen to round, in words

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Keep outcomes, in the place of earlier ones of the same properties."""
        self.outcomes |= {outcome.name: outcome for outcome in outcomes}

    def judged(self) -> tuple[Outcome, ...]:
        """Return the outcomes that the verdict rests on."""
        names = (tested.name for tested in self.properties if tested.name not in self.notes)
        return tuple(self.outcomes[name] for name in names if name in self.outcomes)

    def falsified(self) -> list[Outcome]:
        """Return those that failed."""
        return [outcome for outcome in self.judged() if outcome.status == "falsified"]

    def has_wrong_values(self) -> bool:
        """Whether a property of values failed, and not of memory, state or shapes alone."""
        return any(PROPERTIES[each.name].group in _OF_VALUES for each in self.falsified())

    def accept_if_rounding(self, outcome: Outcome) -> bool:
        """Whether a failure is no more than rounding; then the bound judges from here on."""
        if self.unsnapped is not None or outcome.counterexample is None:
            return False
        tested, snapped = PROPERTIES[outcome.name], snap_to_exact(self.layer)
        if tested.profile == "note" or isinstance(outcome.error, WorkerDied):
            return False
        if fails_on(tested, snapped, outcome.counterexample) is not None:
            return False
        self.layer, self.unsnapped = snapped, self.layer
        where = "it rounds where a sum would be exact, which is no failure"
        self.rounding = f"{where}: {outcome.error}"
        return True

    def judge(self, step: Callable[[Layer], tuple[T, Outcome]]) -> tuple[T, Outcome]:
        """Run a step; once more by the bound, if its failure is no more than rounding."""
        evidence, outcome = step(self.layer)
        return step(self.layer) if self.accept_if_rounding(outcome) else (evidence, outcome)


def search_all(subject: Subject, waiting: Sequence[Property], seed: int, progress: Progress) -> str:
    """Let every property see the first case, then every one the second, and so on.

    So whenever the time runs out, each has seen about as many as the others. Returns why it
    stopped before the end, `""` if it did not.
    """

    def most_cases(tested: Property) -> int:
        if is_wrong and tested not in JUDGES.values():
            return _EXAMPLES_ONCE_WRONG
        return _EXAMPLES_OF_LARGE if tested.sizes == "all large" else EXAMPLES

    stopped = ""
    for tested in waiting:
        subject.outcomes.setdefault(tested.name, _before_the_search(tested, subject.layer))
    try:
        for number, raw in enumerate(_draws(seed, EXAMPLES)):
            progress("search", number, EXAMPLES)
            is_wrong = subject.has_wrong_values()
            held = [tested for tested in waiting if subject.outcomes[tested.name].status == "held"]
            remaining = [tested for tested in held if number < most_cases(tested)]
            if not remaining:
                break
            with subject.clock.share(_SHARE_ONCE_WRONG if is_wrong else 1.0):
                _run_case(subject, remaining, raw)
    except OutOfTime as error:
        stopped = str(error)
    for outcome in [subject.outcomes[tested.name] for tested in waiting]:
        if not outcome.cases and outcome.status == "held":
            subject.add([replace(outcome, status="error", reason=f"not run: {stopped}")])
    return stopped


def _run_case(subject: Subject, properties: Sequence[Property], raw: bytes) -> None:
    """Let each property see the case that it reads from the same bytes."""
    layer, known, planned = subject.layer, dict[Any, Case](), list[tuple[Property, Case]]()
    for tested in properties:
        kind = tested.values, tested.layouts, tested.sizes
        known[kind] = known.get(kind) or read_case(raw, tested, layer)
        planned.append((tested, known[kind]))
    shared = with_cached_calls(layer, [each for each in planned if each[0].group in _OF_VALUES])
    for tested, case in planned:
        if layer is not subject.layer:  # its sums have been snapped
            layer, shared = subject.layer, with_cached_calls(subject.layer)
        judged = shared if tested.group in _OF_VALUES else layer
        if tested.profile == "note" and subject.unsnapped is not None:
            judged = subject.unsnapped
        start, before = perf_counter(), subject.outcomes[tested.name]
        outcome = outcome_on(tested, judged, case)
        if subject.accept_if_rounding(outcome):
            outcome = Outcome(tested.name, "held")
        seconds = before.seconds + perf_counter() - start
        subject.add([replace(outcome, cases=before.cases + 1, seconds=seconds)])
        if isinstance(outcome.error, WorkerDied):
            died = [isinstance(each.error, WorkerDied) for each in subject.outcomes.values()]
            if sum(died) >= _MOST_DEATHS:
                raise OutOfTime("the layer hung or ended its process too often")


def with_cached_calls(layer: Layer, planned: Iterable[tuple[Property, Case]] = ()) -> Layer:
    """Return the layer with the results of each call kept: one with equal arguments is not made.

    For properties that compare results with formulas, not with those of another such call. The
    calls with which the planned ones begin are made at once.
    """
    layer, kept = isolated(layer), dict[_Key, Results]()

    def batch(calls: Sequence[Call]) -> Iterator[Results]:
        keys = [
            tuple((each.dtype.str, each.shape, each.tobytes()) for each in call) for call in calls
        ]
        # A call of both passes says what the forward pass alone gives.
        included = {key[:3] for key in keys if len(key) > 3}
        asked = zip(keys, calls, strict=True)
        missing = {key: call for key, call in asked if key not in kept and key not in included}
        made = zip(missing, layer.results_of(missing.values()), strict=True)
        for key in keys:
            while key not in kept:
                done, results = next(made)
                kept[done] = results
                kept.setdefault(done[:3], {"out": results["out"]})
            yield dict(kept[key])

    if layer.batch is not None:
        # What raises, or comes too late, does so once more where its turn comes.
        with suppress(Exception, OutOfTime):
            for _ in batch(_first_calls(layer, planned)):
                pass
    return replace(layer, batch=batch, copies_arguments=True)


def _first_calls(layer: Layer, planned: Iterable[tuple[Property, Case]]) -> list[Call]:
    """Return the calls with which properties begin, without making them."""
    noted: list[Call] = []

    def note(calls: Sequence[Call]) -> Iterator[Results]:
        noted.extend(calls)
        raise NotImplementedError  # which ends the property

    def refuse(*_: object) -> Any:
        raise NotImplementedError

    blind = dict.fromkeys(layer.variants, refuse)
    noting = replace(layer, vjp=refuse, variants=blind, batch=note, copies_arguments=True)
    for tested, case in planned:
        with suppress(Exception), np.errstate(all="ignore"):
            tested.check(noting, case)
    return noted


def search(
    tested: Property, layer: Layer, *, max_examples: int = 100, seed: int = 0, shrink: bool = True
) -> Outcome:
    """Search for the smallest case on which the layer breaks the property, or for the first.

    The same seed finds the same. If the time runs out, the outcome is that of the cases until then.

    Args:
        tested: The property.
        layer: The layer.
        max_examples: How many cases to try at most.
        seed: Which cases they are.
        shrink: Whether a failing case is made as small as it gets.

    Examples:
        >>> from affine.checker.reading import load
        >>> search(PROPERTIES["dw_is_xt_dout"], load("affine"), max_examples=5).status
        'held'
    """
    start, outcome = perf_counter(), _before_the_search(tested, layer)
    if outcome.status == "not_observable":
        return outcome
    with suppress(OutOfTime):
        for tried, raw in enumerate(_draws(seed, max_examples), 1):
            outcome = replace(outcome_on(tested, layer, read_case(raw, tested, layer)), cases=tried)
            if outcome.status == "falsified":
                outcome = _shrunk(tested, layer, outcome, raw) if shrink else outcome
                break
    return replace(outcome, seconds=perf_counter() - start)


def _shrunk(tested: Property, layer: Layer, failure: Outcome, raw: bytes) -> Outcome:
    """Make the case smaller, byte by byte; then drop rows, features and outputs."""
    if isinstance(failure.error, WorkerDied):
        return failure
    best, ran = failure, dict[_CaseKey, Outcome]()

    def fails(smaller: bytes) -> bool:
        nonlocal best
        case = read_case(smaller, tested, layer)
        # Many bytes read as one case: small sizes leave most of the entries out.
        outcome = ran.get(key := _key(case)) or outcome_on(tested, layer, case)
        ran[key] = outcome
        if isinstance(outcome.error, WorkerDied):
            raise OutOfTime  # each attempt to shrink may cost a process, or the time limit
        if outcome.status == "falsified":
            best = outcome
        return outcome.status == "falsified"

    with suppress(OutOfTime):
        if tested.sizes not in cases.LARGE:
            # To lower one byte after the other goes past a mistake that needs other entries at
            # other sizes.
            total = sum(read_case(raw, tested, layer).primal.sizes)
            smaller = (
                _at_small_sizes(raw, entries, sizes)
                for sizes in SMALL_SHAPES
                if sum(sizes) < total
                for entries in (raw, *islice(_draws(0, _TRIES + 1), 1, None))
            )
            raw = next(filter(fails, smaller), raw)
        _shrink(raw, fails)
    return cropped(tested, layer, replace(best, cases=failure.cases + len(ran)))


def _key(case: Case) -> _CaseKey:
    """Return what tells a case from another: its entries, and how they lie in memory."""
    arrays = (*case.primal, *case.tangent)
    return case.selector, *((a.dtype.str, a.shape, a.strides, a.tobytes()) for a in arrays)


def cropped(tested: Property, layer: Layer, failure: Outcome) -> Outcome:
    """Drop rows, features and outputs as long as the property still fails, and time is left.

    To lower one size at a time goes past a mistake that needs two equal sizes.
    """
    with suppress(OutOfTime):
        while failure.counterexample is not None:
            for crop in crops(failure.counterexample):
                error = fails_on(tested, layer, crop)
                if isinstance(error, WorkerDied):
                    return failure
                if error is not None:
                    failure = replace(failure, counterexample=crop, error=error)
                    break
            else:
                break
    return failure


def _draws(seed: int, count: int) -> Iterator[bytes]:
    """Yield the bytes of cases, first the plainest; a seed gives the same again."""
    generator = Random(seed)
    yield bytes(_BYTES)
    for _ in range(count - 1):
        yield generator.randbytes(_BYTES)


def read_case(raw: bytes, tested: Property, layer: Layer) -> Case:
    """Return the case that a property reads from drawn bytes."""
    case = cases.build_case(
        cases.read_sizes(raw[: cases.SIZE_BYTES], tested.sizes, zeros=False),
        cases.read_values(raw[_LAYOUTS.stop :], tested.values, cases.dtypes_of(layer)),
        cases.read_layouts(raw[_LAYOUTS]) if tested.layouts else (),
    )
    if layer.compiles_per_shape:
        for sizes in _PALETTE:
            if all(small <= side for small, side in zip(sizes, case.primal.sizes, strict=True)):
                return case.cut(*map(slice, sizes))
    return case


def _at_small_sizes(raw: bytes, other: bytes, sizes: cases.Sizes) -> bytes:
    """Return the bytes of a case at usual sizes up to 3, with the entries of another one."""
    small = bytes([0, *(size - 1 for size in sizes)])
    return small + raw[len(small) : -cases.POOL_BYTES] + other[-cases.POOL_BYTES :]


def _shrink(raw: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return smaller bytes for which a test still fails, until no single one can be lowered."""
    before = b""
    while raw != before:
        before, size = raw, len(raw)
        while size:  # set whole blocks to zero, large ones first
            for start in range(0, len(raw), size):
                end = min(start + size, len(raw))
                simpler = raw[:start] + bytes(end - start) + raw[end:]
                if simpler != raw and fails(simpler):
                    raw = simpler
            size //= 2
        for place in range(len(raw)):  # lower the others: to one of the smallest, else by halves
            low, tried = 0, iter(range(1, min(raw[place], 5)))
            while raw[place] - low > 1:
                small = next(tried, None)
                lower = (low + raw[place]) // 2 if small is None else small
                simpler = raw[:place] + bytes([lower]) + raw[place + 1 :]
                if fails(simpler):
                    raw, tried = simpler, iter(())
                else:
                    low = lower
    return raw


def crops(case: Case) -> Iterator[Case]:
    """Yield smaller cases: without the first or last half, quarter, …, one of each side.

    Rows, features and outputs are dropped in every combination: a mistake that needs two equal
    sizes survives only when both go down together. Crops are views: they keep the memory layout.
    """
    part = max(case.primal.sizes) // 2
    while part:
        ends = (slice(None), slice(part, None), slice(None, -part))
        for sides in product(ends, repeat=3):
            crop = case.cut(*sides)
            if min(crop.primal.sizes) > 0 and crop.primal.sizes != case.primal.sizes:
                yield crop
        part //= 2
