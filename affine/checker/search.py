"""Search for cases on which a layer breaks a property.

A case is one flat draw of bytes. They are drawn once, and each property reads them as
`affine.strategies.cases` does. A plain loop runs them: the engine of Hypothesis costs several
times what a small case does, and takes as long to load as NumPy.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from affine.checker.clock import Clock
from affine.checker.one_case import draws, fails_on, outcome_on, read_case
from affine.checker.reduction import snap_to_exact
from affine.checker.report import Outcome
from affine.checker.shrinking import shrunk
from affine.layer import Call, Case, Layer, OutOfTime, Results, WorkerDied
from affine.properties import PROPERTIES, Property, value
from affine.properties.property import isolated

T = TypeVar("T")
_Key = tuple[tuple[str, tuple[int, ...], bytes], ...]
Progress = Callable[[str, int, int], None]

JUDGES = {
    "out": value.forward_is_x_w_plus_b,
    "dx": value.dx_is_dout_wt,
    "dw": value.dw_is_xt_dout,
    "db": value.db_is_the_column_sum_of_dout,
}
"""The property that anchors each result to its equation."""

EXAMPLES = 60
_EXAMPLES_OF_LARGE = 15
# A result is known to be wrong: the rest is searched for what else is, for less of the time.
_EXAMPLES_ONCE_WRONG, _SHARE_ONCE_WRONG = 5, 0.75
_MOST_DEATHS = 6  # a layer that dies again and again: the rest of the properties is not run

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
        for number, raw in enumerate(draws(seed, EXAMPLES)):
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
        for tried, raw in enumerate(draws(seed, max_examples), 1):
            outcome = replace(outcome_on(tested, layer, read_case(raw, tested, layer)), cases=tried)
            if outcome.status == "falsified":
                outcome = shrunk(tested, layer, outcome, raw) if shrink else outcome
                break
    return replace(outcome, seconds=perf_counter() - start)
