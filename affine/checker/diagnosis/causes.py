"""Group falsified properties by their cause: a reader sees one mistake, not twenty failures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from affine.checker.clock import Clock
from affine.checker.diagnosis import MISTAKES, Diagnosis, Mistake, diagnose
from affine.checker.diagnosis.catalogue import CORRECT, OF_SCALE
from affine.checker.diagnosis.own_layout import OwnLayout
from affine.checker.diagnosis.phrasing import concerns, listed, notation
from affine.checker.exceptions import describe
from affine.checker.one_case import fails_on
from affine.checker.report import Finding, Outcome
from affine.checker.report.words import kind_of
from affine.checker.search import EXAMPLES, JUDGES, search
from affine.checker.shrinking import cropped
from affine.layer import Layer, OutOfTime, WorkerDied
from affine.properties import PROPERTIES, Property
from affine.quantities import QUANTITIES

# Of the time that is left, one cause may take so much to shrink its case.
_SECONDS_TO_SHRINK = 3.0
_NO_TIME = Diagnosis((), None, "The time ran out before the mistake was looked for.")

# What compares calls tells nothing about what compares values, and the other way round.
_OF_CALLS = {"memory", "state"}


def findings(
    layer: Layer,
    falsified: Iterable[Outcome],
    seed: int,
    clock: Clock,
    averaging: Layer | None,
    unsnapped: Layer | None,
) -> list[Finding]:
    """Return one finding for each cause, with its smallest case and its diagnosis.

    A layer that is held to averages is judged in one way, and diagnosed as `averaging` shows it.
    What is only remarked on is rounding: it shows on the layer as it is, `unsnapped`.

    A property belongs to the cause on whose smallest case it fails too. When the time runs out,
    what is left is one finding without a diagnosis.
    """
    waiting = list(falsified)
    found: list[Finding] = []
    while waiting:
        first, *others = waiting
        of_rounding = PROPERTIES[first.name].profile == "note"
        own = unsnapped if unsnapped and of_rounding else layer
        try:
            is_shrunk = True
            diagnosis = _diagnosis(own, first, averaging) if found else None
            shown = [finding.mistake for finding in found]
            # A case of a mistake that has been shown is not shown, and need not be small.
            if not diagnosis or not diagnosis.mistake or diagnosis.mistake not in shown:
                known = [finding.outcomes[0] for finding in found]
                with clock.at_most(_SECONDS_TO_SHRINK):
                    first = _smallest(own, first, known, seed)
                    is_shrunk = not clock.has_expired
                diagnosis = _diagnosis(own, first, averaging)
            named = diagnosis.mistake.name if diagnosis and diagnosis.mistake else ""
            outcomes = (first, *_joining(layer, first, others, named))
            finding = Finding(outcomes, diagnosis, is_shrunk=is_shrunk)
        except OutOfTime:
            found.append(Finding((first, *others), _NO_TIME, is_shrunk=False))
            break
        found.append(finding)
        names = {outcome.name for outcome in finding.outcomes}
        waiting = [outcome for outcome in waiting if outcome.name not in names]
    return list(_with_remedies(_merged(found), layer, averaging is not None))


def _merged(found: Iterable[Finding]) -> Iterable[Finding]:
    """Return one finding for those of one known mistake, and for those that nothing tells apart."""
    merged: dict[tuple[str, ...], Finding] = {}
    for finding in found:
        cause = _cause(finding)
        merged[cause] = _both(merged[cause], finding) if cause in merged else finding
    return merged.values()


def _diagnosis(layer: Layer, found: Outcome, averaging: Layer | None) -> Diagnosis | None:
    if isinstance(found.error, WorkerDied):
        return None
    quantity = getattr(found.error, "quantity", "")
    tested, case = PROPERTIES[found.name], found.counterexample
    return diagnose(averaging or layer, quantity, tested, case, averages=averaging is not None)


def _smallest(layer: Layer, found: Outcome, earlier: Sequence[Outcome], seed: int) -> Outcome:
    """Return the outcome on a smallest case: one that is known already, or a shrunk one."""
    if isinstance(found.error, WorkerDied):
        return found  # each attempt to shrink may cost a process, or the time limit
    tested = PROPERTIES[found.name]
    try:
        for other in earlier:
            if again := _on_case_of(layer, found, other):
                return again
        small = search(tested, layer, max_examples=EXAMPLES, seed=seed)
        if small.status == "falsified":
            return replace(small, cases=small.cases + found.cases)
        return cropped(tested, layer, found)
    except OutOfTime:
        return found


def _joining(
    layer: Layer, first: Outcome, others: Sequence[Outcome], named: str
) -> Iterator[Outcome]:
    """Yield the outcomes that have the cause of the first, on its case.

    Each result has a cause of its own until the diagnosis says that they are one. Properties of
    memory and state compare calls with calls: a wrong formula is never why they fail.
    """
    one, judges = PROPERTIES[first.name], set(JUDGES.values())
    for other in others:
        another = PROPERTIES[other.name]
        if {one, another} <= judges:
            continue
        if (another.group in _OF_CALLS) != (one.group in _OF_CALLS):
            continue
        if _is_apart(one, another, named) or _is_apart(another, one, named):
            continue
        # These compare another way to call the layer with the plain one, which fails for itself.
        if "frameworks" in (one.group, another.group) and one.needs != another.needs:
            continue
        if again := _on_case_of(layer, other, first):
            yield again


def _is_apart(one: Property, another: Property, named: str) -> bool:
    """Whether one is about arguments of its own making, and another is not about the same mistake.

    Such a property may fail on any case: that it does on that of another says nothing.
    """
    own = MISTAKES.keys() & one.points_to if one.group == "contract" else set()
    return bool(own) and (named not in own or named not in another.points_to)


def _on_case_of(layer: Layer, found: Outcome, other: Outcome) -> Outcome | None:
    """Return the outcome on the other's case, None where it is no such failure there."""
    if other.counterexample is None or isinstance(other.error, WorkerDied):
        return None
    error = fails_on(PROPERTIES[found.name], layer, other.counterexample)
    # Where it fails in another way than it was found to, the cause is another one.
    if error is None or kind_of(error) != kind_of(found.error):
        return None
    return replace(found, counterexample=other.counterexample, error=error)


def _cause(finding: Finding) -> tuple[str, ...]:
    """Return what tells one cause from another: its name, else what was seen of it."""
    first, mistake = finding.outcomes[0], finding.mistake
    error, tested = first.error, PROPERTIES[first.name]
    if isinstance(error, WorkerDied):
        return ("died", str(error))
    if mistake and mistake.name != "raises":
        return ("named", mistake.name)
    # One may raise for two reasons. The message may speak of the sizes of a case.
    if error is not None and (kind := kind_of(error)):
        return ("raised", kind, getattr(error, "place", "") or describe(error, "")["place"])
    in_memory = "of memory" if tested.group == "memory" else "of values"
    return (in_memory, finding.sentence if finding.diagnosis else first.name)


def _both(one: Finding, other: Finding) -> Finding:
    diagnosis = one.diagnosis
    if diagnosis and other.diagnosis:
        together = tuple(dict.fromkeys([*diagnosis.quantities, *other.diagnosis.quantities]))
        sentence, more = diagnosis.sentence, other.diagnosis.sentence
        if together != diagnosis.quantities and more not in sentence:
            sentence = f"{sentence} {more}"
        diagnosis = replace(diagnosis, quantities=together, sentence=sentence)
    return replace(one, outcomes=(*one.outcomes, *other.outcomes), diagnosis=diagnosis)


_AVERAGED = ("dw", "db")
_RECONNECT = (
    "Let X, W and b reach out as they are: no detach(), .data, no_grad() or stop_gradient(), and "
    "no array of NumPy on the way. A backward pass of your own has to return all three gradients."
)


def _with_remedies(found: Iterable[Finding], layer: Layer, averages: bool) -> Iterator[Finding]:
    """Yield the causes, those without a name last, with what to do in this very layer."""
    for finding in sorted(found, key=lambda finding: finding.mistake is None):
        if (diagnosis := finding.diagnosis) and (mistake := finding.mistake):
            mistake = replace(mistake, remedy=_remedy(diagnosis, mistake, layer, averages))
            yield replace(finding, diagnosis=replace(diagnosis, mistake=mistake))
        else:
            yield finding


def _remedy(diagnosis: Diagnosis, mistake: Mistake, layer: Layer, averages: bool) -> str:
    """Return the remedy for these very results, in the layout of the layer.

    The catalogue speaks of sums, and a scale of the result that is most often scaled so.
    """
    # Who lets a framework differentiate writes no gradient.
    if mistake == MISTAKES["always-zero"] and "compiled" in layer.variants:
        return _RECONNECT
    wrong = [name for name in dict.fromkeys(diagnosis.quantities) if name in QUANTITIES]
    is_average = averages and not set(_AVERAGED).isdisjoint(wrong)
    is_meant = concerns(mistake.equation, wrong) and not is_average
    if mistake.name not in OF_SCALE or not wrong or is_meant:
        return mistake.remedy
    layout = OwnLayout(layer.columns, layer.transposed)
    ends = dict.fromkeys(_AVERAGED, " / N") if averages else {}
    lines = [
        f"{name} = {notation(layout.code(CORRECT[name], name))}{ends.get(name, '')}"
        for name in wrong
    ]
    return f"Write {listed(lines)}."
