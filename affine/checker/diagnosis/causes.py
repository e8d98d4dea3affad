"""Group falsified properties by their cause: a reader sees one mistake, not twenty failures."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from affine.checker.clock import Clock
from affine.checker.diagnosis import Diagnosis, diagnose
from affine.checker.report import Finding, Outcome
from affine.checker.report.words import kind_of
from affine.checker.search import JUDGES, cropped, fails_on, search
from affine.layer import Layer, OutOfTime, WorkerDied
from affine.properties import PROPERTIES

__all__ = ["findings"]

# Of the time that is left, one cause may take so much to shrink its case.
_SECONDS_TO_SHRINK = 3.0
_NO_TIME = Diagnosis((), None, "The time ran out before the mistake was looked for.")

# What compares calls tells nothing about what compares values, and the other way round.
_OF_CALLS = {"memory", "state"}


def findings(
    layer: Layer, falsified: Iterable[Outcome], seed: int, examples: int, clock: Clock
) -> list[Finding]:
    """Return one finding for each cause, with its smallest case and its diagnosis.

    A property belongs to the cause on whose smallest case it fails too. When the time runs out,
    what is left is one finding without a diagnosis.
    """
    waiting = list(falsified)
    found: list[Finding] = []
    while waiting:
        try:
            finding = _first_cause(layer, waiting, found, seed, examples, clock)
        except OutOfTime:
            found.append(Finding(tuple(waiting), _NO_TIME))
            break
        found.append(finding)
        names = {outcome.name for outcome in finding.outcomes}
        waiting = [outcome for outcome in waiting if outcome.name not in names]
    return _merged(found)


def _first_cause(
    layer: Layer,
    waiting: Sequence[Outcome],
    found: Sequence[Finding],
    seed: int,
    examples: int,
    clock: Clock,
) -> Finding:
    first, diagnosis = waiting[0], _diagnosis(layer, waiting[0]) if found else None
    # A case of a mistake that has been shown is not shown, and need not be small.
    if not _is_named_in(found, diagnosis):
        known = [one.outcomes[0] for one in found]
        with clock.at_most(_SECONDS_TO_SHRINK):
            first = _smallest(layer, waiting[0], known, seed, examples)
        diagnosis = _diagnosis(layer, first)
    return Finding((first, *_joining(layer, first, waiting[1:])), diagnosis)


def _is_named_in(found: Iterable[Finding], diagnosis: Diagnosis | None) -> bool:
    if diagnosis is None or diagnosis.mistake is None:
        return False
    return any(one.diagnosis and one.diagnosis.mistake == diagnosis.mistake for one in found)


def _smallest(
    layer: Layer, found: Outcome, earlier: Sequence[Outcome], seed: int, examples: int
) -> Outcome:
    """Return the outcome on a smallest case: one that is known already, or a shrunk one."""
    if isinstance(found.error, WorkerDied):
        return found  # each attempt to shrink may cost a process, or the time limit
    tested = PROPERTIES[found.name]
    try:
        for other in earlier:
            again = _on_case_of(layer, found, other)
            if again is not None:
                return again
        small = search(tested, layer, max_examples=examples, seed=seed)
        if small.status == "falsified":
            return replace(small, cases=small.cases + found.cases)
        return cropped(tested, layer, found)
    except OutOfTime:
        return found


def _joining(layer: Layer, first: Outcome, others: Sequence[Outcome]) -> Iterator[Outcome]:
    """Yield the outcomes that have the cause of the first, on its case.

    Each result has a cause of its own until the diagnosis says that they are one. Properties of
    memory and state compare calls with calls: a wrong formula is never why they fail.
    """
    for other in others:
        one, two = PROPERTIES[first.name], PROPERTIES[other.name]
        if {one, two} <= set(JUDGES.values()):
            continue
        if (one.group in _OF_CALLS) != (two.group in _OF_CALLS):
            continue
        again = _on_case_of(layer, other, first)
        # Where it fails in another way than it was found to, the cause is another one.
        if again is not None and kind_of(again.error) == kind_of(other.error):
            yield again


def _on_case_of(layer: Layer, found: Outcome, other: Outcome) -> Outcome | None:
    """Return the outcome on the other's case, None where the property holds there."""
    if other.counterexample is None or isinstance(other.error, WorkerDied):
        return None
    error = fails_on(PROPERTIES[found.name], layer, other.counterexample)
    if error is None:
        return None
    return replace(found, counterexample=other.counterexample, error=error)


def _diagnosis(layer: Layer, found: Outcome) -> Diagnosis | None:
    if isinstance(found.error, WorkerDied):
        return None
    quantity = getattr(found.error, "quantity", "")
    return diagnose(layer, quantity, found.name, found.counterexample)


def _merged(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings of one known mistake as one, and those that nothing tells apart."""
    merged: dict[str, Finding] = {}
    for finding in found:
        cause = _cause(finding)
        if cause in merged:
            merged[cause] = _both(merged[cause], finding)
        else:
            merged[cause] = finding
    return list(merged.values())


def _cause(finding: Finding) -> str:
    """Return what tells one cause from another: its name, else what was seen of it."""
    first, diagnosis = finding.outcomes[0], finding.diagnosis
    if isinstance(first.error, WorkerDied):
        return str(first.error)
    if diagnosis and diagnosis.mistake:
        return diagnosis.mistake.name
    if kind := kind_of(first.error):
        return f"{kind}: {re.sub('[0-9]+', '0', str(first.error))}"
    group = PROPERTIES[first.name].group
    return f"{group == 'memory'} {diagnosis.sentence if diagnosis else first.name}"


def _both(one: Finding, other: Finding) -> Finding:
    diagnosis = one.diagnosis
    if diagnosis and other.diagnosis:
        quantities, sentence = diagnosis.quantities, diagnosis.sentence
        more = other.diagnosis.quantities
        if not set(more) <= set(quantities) and other.diagnosis.sentence not in sentence:
            sentence = f"{sentence} {other.diagnosis.sentence}"
        together = tuple(dict.fromkeys([*quantities, *more]))
        diagnosis = replace(diagnosis, quantities=together, sentence=sentence)
    return Finding((*one.outcomes, *other.outcomes), diagnosis)
