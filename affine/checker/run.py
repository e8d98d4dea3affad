"""The whole check of one layer: mutation check, proof, certificate, search, diagnosis."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Literal

from affine.checker.certificate import EXACT_SUMS, IDENTITY, certify, find_inexact_sum
from affine.checker.clock import Clock, timed
from affine.checker.conventions import snap_to_exact, undo_mean_reduction
from affine.checker.diagnosis import Diagnosis
from affine.checker.diagnosis.causes import findings
from affine.checker.mutation import JUDGES, PLANTED, failing, surviving
from affine.checker.proof import BASIS_PAIRS, prove
from affine.checker.reading import layer_from
from affine.checker.report import Certificate, Finding, Outcome, Report, Step
from affine.checker.search import draws, fails_on, read
from affine.checker.selection import chosen
from affine.checker.sharing import sharing_calls
from affine.checker.surroundings import versions, warnings_to
from affine.layer import Case, Layer, OutOfTime, WorkerDied
from affine.properties import PROPERTIES, Property

__all__ = ["check"]

Progress = Callable[[str, int, int], None]

EXAMPLES = 60
_EXAMPLES_OF_LARGE = 15
# The verdict is known: the rest is searched for what else is wrong.
_EXAMPLES_ONCE_WRONG = 20
_LARGEST_PROVED = 3

# A layer that dies again and again: the rest of the properties is not run.
_MOST_DEATHS = 6

# By when each step has to stop, as a part of the budget; what is left is the diagnosis'.
_SHARES = {
    "mutation check": 0.5, "proof": 0.3, "certificate": 0.4, "search": 0.75, "nothing wrong": 0.95,
}  # fmt: skip
_SECONDS_OF_A_DRAW = 0.1

# Groups whose properties compare results with formulas: they share their calls.
_OF_VALUES = ("value", "algebra", "batch")

_OUT_OF_TIME = "the time ran out"
_NO_TIME = f"not run: {_OUT_OF_TIME}"
_MORE_TIME = "give the check more time, such as --budget 300"


def check(
    layer: Any,
    *,
    profile: Literal["textbook", "library", "framework"] = "textbook",
    reduction: Literal["sum", "mean"] = "sum",
    seed: int = 0,
    only: Iterable[str] = (),
    budget: float = 30.0,
    progress: Progress = lambda step, done, total: None,
    clock: Clock | None = None,
) -> Report:
    """Return the verdict on a layer, in this process.

    Args:
        layer: A `Layer`, or a module, class, function or pair of functions in a form that is
            known.
        profile: How much a right layer has to promise.
        reduction: `mean` holds dW and db to averages over the batch, [(average)][eq-average].
        seed: Replays the check.
        only: Names of the properties to run; all those of the profile if there is none.
        budget: Seconds that the check may take; a call in progress is not interrupted.
        progress: Called with the step, how much of it is done, and of how much.
        clock: One that runs already, in place of a budget.

    Raises:
        ValueError: `only` names no property.
        TargetError: The layer has no known form, or keeps no gradients that can be found.

    Examples:
        >>> import affine
        >>> report = check(affine, only=["dw_is_xt_dout"])
        >>> report.verdict, bool(report)
        ('pass', True)
    """
    if not isinstance(layer, Layer):
        layer = layer_from(layer, getattr(layer, "__name__", type(layer).__name__))
    only = tuple(only)
    clock = clock or Clock(budget)
    clock.begin()
    bare = timed(layer, clock)
    run = _Run(
        bare, bare, chosen(profile, only), profile, reduction, bool(only), seed, progress, clock
    )
    if reduction == "mean":
        # Scaling by N uses up digits, so sums are judged by the bound from the start.
        run.layer = snap_to_exact(undo_mean_reduction(bare))
    with warnings_to(run.notes):
        run.all_steps()
    run.notes += run.rounding()
    return Report(
        target=layer.name,
        form=layer.form,
        profile=profile,
        reduction=reduction,
        seed=seed,
        outcomes=run.judged(),
        findings=tuple(run.findings),
        notes=tuple(dict.fromkeys(run.notes)),
        steps=tuple(run.steps),
        certificate=run.certificate,
        only=only,
        usage=layer.usage,
        versions=versions(),
        seconds=perf_counter() - clock.start,
        error_message=run.error_message,
    )


@dataclass
class _Run:
    """One check, step by step."""

    bare: Layer
    layer: Layer
    chosen: Sequence[Property]
    profile: str
    reduction: str
    named: bool
    seed: int
    progress: Progress
    clock: Clock
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    certificate: Certificate | None = None
    error_message: str = ""
    unsnapped: Layer | None = None
    deaths: int = 0
    rounded: str = ""

    def all_steps(self) -> None:
        """Run the five steps; each says what it established, and stops when its time is up."""
        names = {found.name for found in self.chosen}
        self._mutation_check()
        if BASIS_PAIRS in names:
            self._proof()
        if IDENTITY in names:
            self._certificate()
        self._search()
        falsified = [one for one in self.judged() if one.status == "falsified"]
        if falsified:
            self._diagnosis(falsified)
        if not self.error_message and not any(
            o.status in ("held", "falsified") for o in self.judged()
        ):
            self.error_message = "no property ran; name observable ones, or leave --only out"

    def judged(self) -> tuple[Outcome, ...]:
        """The outcomes that the verdict rests on, in the order of the suite."""
        return tuple(
            self.outcomes[found.name]
            for found in self.chosen
            if found.name in self.outcomes and not self._is_note(found)
        )

    def rounding(self) -> list[str]:
        """What is remarked on, of a layer that is right by the bound: where it rounds more."""
        if any(outcome.status == "falsified" for outcome in self.judged()):
            return []
        texts = [
            f"{found.name}: {self.outcomes[found.name].error}. It is rounding, and no failure"
            for found in self.chosen
            if self._is_note(found)
            and self.reduction == "sum"
            and self.outcomes[found.name].status == "falsified"
        ]
        return texts or [self.rounded] * bool(self.rounded)

    def _is_note(self, found: Property) -> bool:
        return found.profile == "note" and self.profile == "textbook" and not self.named

    def _only_rounds(self, found: Outcome) -> bool:
        """Whether a failure is no more than rounding; then the bound judges from here on."""
        if self.unsnapped is not None or self.reduction == "mean" or found.counterexample is None:
            return False
        tested, candidate = PROPERTIES[found.name], snap_to_exact(self.layer)
        if tested.profile == "note" or isinstance(found.error, WorkerDied):
            return False
        if fails_on(tested, candidate, found.counterexample) is not None:
            return False
        self.layer, self.unsnapped = candidate, self.layer
        self.rounded = f"it rounds where a sum would be exact, which is no failure: {found.error}"
        return True

    def _mutation_check(self) -> None:
        start = perf_counter()
        self.progress("mutation check", 0, 1)
        try:
            with self.clock.share(_SHARES["mutation check"]):
                layer = sharing_calls(self.layer)
                failed = failing(layer)
                survivors = [] if failed else surviving(layer)
        except (WorkerDied, OutOfTime) as gone:
            self._step("mutation check", f"not established: {gone}", start)
            if isinstance(gone, OutOfTime):
                self.error_message = f"{gone} before a planted mistake was looked for; {_MORE_TIME}"
            return
        if failed:
            names = {found.name for found in self.chosen}
            self.outcomes |= {found.name: found for found in failed if found.name in names}
            self.deaths += isinstance(failed[-1].error, WorkerDied)
            self._step("mutation check", "not needed: the layer fails with nothing planted", start)
            return
        if survivors:
            self.error_message = (
                f"planted mistakes were not caught ({'; '.join(survivors)}), so a pass would mean "
                "nothing; does the layer see that it is being tested?"
            )
        said = f"{PLANTED - len(survivors)} of {PLANTED} planted mistakes were caught"
        self._step("mutation check", said, start)

    def _proof(self) -> None:
        start = perf_counter()
        self.progress("proof", 0, 1)
        try:
            with self.clock.share(_SHARES["proof"]):
                outcome, shapes = prove(self.layer, _LARGEST_PROVED)
                if self._only_rounds(outcome):
                    outcome, shapes = prove(self.layer, _LARGEST_PROVED)
        except OutOfTime:  # before it was known whether it only rounds
            outcome, shapes = Outcome(BASIS_PAIRS, "error"), []
        if outcome.status == "falsified":
            said = f"failed at the sizes {outcome.counterexample.primal.sizes}"  # type: ignore[union-attr]
        elif shapes:
            said = (
                f"all coefficients are right at {len(shapes)} sizes, up to {shapes[-1]}: there the "
                "formulas hold for all real inputs of a bilinear layer"
            )
        else:
            outcome = replace(outcome, status="error", reason=_NO_TIME)
            said = f"not established: {_OUT_OF_TIME}"
        self.outcomes[BASIS_PAIRS] = outcome
        self._step("proof", said, start)

    def _certificate(self) -> None:
        start = perf_counter()
        self.progress("certificate", 0, 1)
        try:
            with self.clock.share(_SHARES["certificate"]):
                certificate, found = self._certified(start)
                if self._only_rounds(found):
                    certificate, found = self._certified(start)
        except OutOfTime:  # before it was known whether it only rounds
            self._step("certificate", f"not established: {_OUT_OF_TIME}", start)
            return
        if found.status == "falsified":
            self.outcomes[IDENTITY] = found
            said = f"failed at the sizes {found.counterexample.primal.sizes}"  # type: ignore[union-attr]
        elif certificate.shapes:
            self.certificate = certificate
            said = (
                f"{certificate.draws} uniform draws of integers up to {certificate.limit} satisfy "
                f"the central difference at each of {len(certificate.shapes)} sizes"
            )
            if certificate.large:
                said += f", and one at each of {len(certificate.large)} sizes of real networks"
        else:
            said = f"not established: {_OUT_OF_TIME}"
        self._step("certificate", said, start)

    def _certified(self, start: float) -> tuple[Certificate, Outcome]:
        patience = _SECONDS_OF_A_DRAW * self.clock.budget
        certificate, case, error = certify(self.layer, self.seed, patience)
        status: Literal["held", "falsified"] = "held" if error is None else "falsified"
        return certificate, Outcome(IDENTITY, status, 1, perf_counter() - start, case, error)

    # ------------------------------------------------------------------ search

    def _search(self) -> None:
        """Let every property see the first case, then every one the second, and so on.

        So whenever the time runs out, each has seen about as many as the others.
        """
        start = perf_counter()
        waiting = [found for found in self.chosen if found.name not in self.outcomes]
        for found in waiting:
            self.outcomes[found.name] = _before_the_search(found, self.layer)
        reason = _NO_TIME
        try:
            for number, raw in enumerate(draws(self.seed, EXAMPLES)):
                self.progress("search", number, EXAMPLES)
                with self.clock.share(_SHARES["search" if self._is_wrong() else "nothing wrong"]):
                    self._round(self._wanting(waiting, number), raw)
        except OutOfTime as stopped:
            reason = f"not run: {stopped}"
            self._skipped(waiting, str(stopped))
        for found in waiting:
            outcome = self.outcomes[found.name]
            if not outcome.cases and outcome.status == "held":
                self.outcomes[found.name] = replace(outcome, status="error", reason=reason)
        cases = sum(outcome.cases for outcome in self.outcomes.values())
        self._step("search", f"{len(waiting)} properties on {cases:,} cases", start)

    def _round(self, properties: Sequence[Property], raw: bytes) -> None:
        """Let each property see the case that it reads from the same bytes."""
        kinds = {(one.values, one.layouts, one.sizes): one for one in properties}
        read_as = {kind: read(raw, one, self.layer) for kind, one in kinds.items()}
        cases = [read_as[one.values, one.layouts, one.sizes] for one in properties]
        planned = [
            (one, case)
            for one, case in zip(properties, cases, strict=True)
            if one.group in _OF_VALUES
        ]
        shared = sharing_calls(self.layer, planned)
        for tested, case in zip(properties, cases, strict=True):
            layer = shared if tested.group in _OF_VALUES else self.layer
            if tested.profile == "note" and self.unsnapped is not None:
                layer = self.unsnapped
            self._try(tested, layer, case)

    def _is_wrong(self) -> bool:
        return any(outcome.status == "falsified" for outcome in self.judged())

    def _wanting(self, waiting: Sequence[Property], number: int) -> list[Property]:
        """Return the properties that see the case of this number, too."""
        is_wrong = self._is_wrong()

        def most(one: Property) -> int:
            if is_wrong and one.name not in JUDGES.values():
                return _EXAMPLES_ONCE_WRONG
            return _EXAMPLES_OF_LARGE if one.sizes == "all large" else EXAMPLES

        held = [one for one in waiting if self.outcomes[one.name].status == "held"]
        return [one for one in held if number < most(one)]

    def _try(self, tested: Property, layer: Layer, case: Case) -> None:
        """Let a property see one more case."""
        start = perf_counter()
        before = self.outcomes[tested.name]
        outcome: Outcome | None = None
        if tested.name == EXACT_SUMS and not before.cases:
            outcome = find_inexact_sum(layer, self.seed)
        if outcome is None:
            error = fails_on(tested, layer, case)
            status: Literal["held", "falsified"] = "held" if error is None else "falsified"
            outcome = Outcome(tested.name, status, 1, 0.0, case if error else None, error)
        if outcome.status == "falsified" and self._only_rounds(outcome):
            outcome = Outcome(tested.name, "held", 1)
        seconds = before.seconds + perf_counter() - start
        self.outcomes[tested.name] = replace(
            outcome, cases=before.cases + outcome.cases, seconds=seconds
        )
        if isinstance(outcome.error, WorkerDied):
            self.deaths += 1
            if self.deaths >= _MOST_DEATHS:
                raise OutOfTime("the layer hung or ended its process too often")

    def _skipped(self, waiting: Sequence[Property], reason: str) -> None:
        ran = [self.outcomes[found.name] for found in waiting]
        ran = [outcome for outcome in ran if outcome.status != "not_observable"]
        none = sum(not outcome.cases for outcome in ran if outcome.status == "held")
        fewest = min((o.cases for o in ran if o.cases and o.status == "held"), default=0)
        if none:
            was = "property was" if none == 1 else "properties were"
            self.error_message = f"{reason}: {none} {was} not run; {_MORE_TIME}"
        else:
            said = f"each property ran on at least {fewest} of {EXAMPLES} cases"
            self.notes.append(f"{reason} in the search: {said}")

    def _diagnosis(self, falsified: Sequence[Outcome]) -> None:
        start = perf_counter()
        self.progress("diagnosis", 0, 1)
        self.findings = findings(self.layer, falsified, self.seed, EXAMPLES, self.clock)
        with suppress(OutOfTime):
            if self.reduction == "mean" and not failing(self.bare):
                self.findings = [_without_reduction(finding) for finding in self.findings]
        for finding in self.findings:
            for outcome in finding.outcomes:
                self.outcomes[outcome.name] = outcome
        named = sum(bool(one.diagnosis and one.diagnosis.mistake) for one in self.findings)
        self._step("diagnosis", f"{named} of {len(self.findings)} causes named", start)

    def _step(self, name: Any, established: str, start: float) -> None:
        self.steps.append(Step(name, established, perf_counter() - start))


def _without_reduction(finding: Finding) -> Finding:
    said = (
        "Your dw and db are the sums over the data points, not the averages that --reduction mean "
        "asks for: equations (dw) and (db) ask for sums, and without the option the layer is right."
    )
    return Finding(finding.outcomes, Diagnosis(("dw", "db"), None, said))


def _before_the_search(found: Property, layer: Layer) -> Outcome:
    if found.is_observable_on(layer):
        return Outcome(found.name, "held")
    reason = layer.not_applicable.get(found.name, f"the form has no {found.needs}")
    return Outcome(found.name, "not_observable", reason=reason)
