"""The whole check of one layer: mutation check, proof, certificate, search, diagnosis."""

import os
import platform
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from time import perf_counter
from types import ModuleType
from typing import Any

import affine
from affine.checker import (
    REDUCTIONS,
    Profile,
    Reduction,
    refuse_unknown,
    seed_from,
    selected,
)
from affine.checker.certificate import (
    BASIS_PAIRS,
    CENTRAL_DIFFERENCE,
    certify,
    find_inexact_sum,
    prove,
)
from affine.checker.clock import MORE_TIME, Clock, with_deadline
from affine.checker.coverage import Coverage, watched
from affine.checker.diagnosis import Diagnosis, diagnose_unwritten
from affine.checker.diagnosis.catalogue import NOT_AVERAGED
from affine.checker.diagnosis.causes import findings
from affine.checker.mutation import MUTANT_COUNT, failures_unmutated, surviving_mutants
from affine.checker.reduction import (
    forgive_steps,
    multiply_averages,
    snap_to_exact,
    undo_mean_reduction,
    with_limits,
)
from affine.checker.report import Certificate, Finding, Outcome, Report, Step, StepName
from affine.checker.report.words import counted
from affine.checker.reproduction import Reproducer, reproducer
from affine.checker.search import EXAMPLES, JUDGES, Progress, Subject, search_all, with_cached_calls
from affine.layer import Layer, OutOfTime, WorkerDied
from affine.oracle import Violation
from affine.properties.value import integer_sums_are_exact

# By when each step has to stop, as a part of the budget.
_SHARES: dict[StepName, float] = {
    "mutation check": 0.5, "proof": 0.3, "certificate": 0.4, "search": 0.95, "diagnosis": 1.0,
}  # fmt: skip
_SHARE_OF_A_DRAW = 0.1
_NO_AVERAGES = Diagnosis(
    ("dw", "db"),
    NOT_AVERAGED,
    "Your dw and db are the sums over the data points, not the averages that --reduction mean asks "
    "for: equations (dw) and (db) ask for sums, and without the option the layer is right.",
)
# What a wrong layer warns of may differ in every call.
_MOST_WARNINGS = 10


def check(
    layer: Any,
    backward: Callable[..., Any] | None = None,
    *,
    profile: Profile = "textbook",
    reduction: Reduction = "sum",
    seed: int = 0,
    only: Iterable[str] = (),
    budget: float = 30.0,
    progress: Progress = lambda step, done, total: None,
    clock: Clock | None = None,
) -> Report:
    """Return the verdict on a layer, which is loaded and judged in this process.

    Args:
        layer: A `Layer`, or a module, class, function or pair of functions in a form that is
            known; or a target as for `affine check`, such as the path of a file.
        backward: The backward function, where `layer` is the forward function.
        profile: How much a right layer has to promise: `textbook`, `library` or `framework`.
        reduction: `mean` holds dW and db to averages over the batch, [(average)][eq-average].
        seed: Replays the check.
        only: Names of the properties to run; all those of the profile if there is none.
        budget: Seconds that the check may take; a call in progress is not interrupted.
        progress: Called with the step, how much of it is done, and of how much.
        clock: One that runs already, in place of a budget.

    Returns:
        The report, which is true only if every property that ran held. `print` shows it as the
        command does, a notebook as a page.

    Raises:
        ValueError: `only` names a property that does not exist, or another option has a value
            that it does not know.
        TargetError: The layer was not found, does not load, has no known form, or keeps no
            gradients that can be found.

    Examples:
        >>> import affine
        >>> report = check(affine, only=["dw_is_xt_dout"])
        >>> report.verdict, bool(report)
        ('pass', True)
        >>> check(affine.forward, affine.backward, only=["dw_is_xt_dout"]).target
        'forward and backward'
        >>> check("affine", only=["db_is_the_column_sum_of_dout"]).verdict
        'pass'
    """
    seed, only = seed_from(seed), (only,) if isinstance(only, str) else tuple(only)
    properties = selected(profile, only)
    refuse_unknown("reduction", reduction, REDUCTIONS)
    # What the command checks is a layer already, and named by its target.
    is_named = isinstance(layer, str | os.PathLike | ModuleType | Layer)
    layer = _layer_of(layer, backward)
    clock = clock or Clock(budget)
    clock.restart()
    covered = Coverage()
    bare = with_deadline(with_limits(watched(layer, covered)), clock)
    # A failure of these is only remarked on.
    only_noted = {"note"} if profile == "textbook" and not only else ()
    remarked_on = frozenset(each.name for each in properties if each.profile in only_noted)
    subject = Subject(_judged(bare, reduction), properties, remarked_on, clock)
    if reduction == "mean":
        subject.unsnapped = subject.layer
    notes = [*layer.remarks, *_on_dtypes(layer)]
    with reproducer(bare, reduction, clock) as fresh, _warnings_to(notes):
        run = _Run(bare, subject, reduction, seed, progress, fresh, notes)
        run.all_steps()
    return Report(
        target=layer.name,
        is_named=is_named and not layer.usage.startswith("#"),
        form=layer.form,
        columns=layer.columns,
        transposed=layer.transposed,
        profile=profile,
        reduction=reduction,
        seed=seed,
        outcomes=subject.judged(),
        findings=tuple(run.findings),
        notes=tuple(dict.fromkeys([*run.notes, *run.rounding()])),
        steps=tuple(run.steps),
        certificate=run.certificate,
        coverage=covered,
        not_tried=tuple(covered.not_tried(profile, of_framework="compiled" in layer.variants)),
        only=only,
        usage=layer.usage,
        versions=_versions(),
        seconds=perf_counter() - clock.start,
        error_message=run.error_message,
    )


def _layer_of(layer: Any, backward: Callable[..., Any] | None) -> Layer:
    if isinstance(layer, Layer):
        return layer
    # Late: a target of the command line is read in its own process.
    from affine.checker.reading import layer_from, load

    if isinstance(layer, str | os.PathLike):
        return load(os.fspath(layer))
    parts = [layer] if backward is None else [layer, backward]
    parts = list(layer) if isinstance(layer, tuple) else parts
    name = " and ".join(getattr(part, "__name__", type(part).__name__) for part in parts)
    return layer_from(layer if backward is None else (layer, backward), name)


@dataclass
class _Run:
    """One check, step by step; a step returns what it established, in words."""

    bare: Layer
    subject: Subject
    reduction: str
    seed: int
    progress: Progress
    fresh: Reproducer
    notes: list[str]
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    certificate: Certificate | None = None
    error_message: str = ""

    def all_steps(self) -> None:
        """Run the five steps; each says what it established, and stops when its time is up."""
        subject = self.subject
        self._step("mutation check", self.mutation_check)
        if self.findings:  # the layer is not written yet
            return
        if BASIS_PAIRS in subject.properties:
            self._step("proof", self.prove)
        if CENTRAL_DIFFERENCE in subject.properties:
            self._step("certificate", self.certify)
        self._step("search", self.search)
        if subject.falsified():
            self._step("diagnosis", self.diagnose)
        ran = any(outcome.status in ("held", "falsified") for outcome in subject.judged())
        if not self.error_message and not ran:
            self.error_message = "no property ran; name observable ones, or leave --only out"

    def _step(self, name: StepName, establish: Callable[[], str]) -> None:
        """Run a step until its time is up."""
        start = perf_counter()
        self._tell(name, 0, 1)
        try:
            with self.subject.clock.share(_SHARES[name]):
                established = establish()
        except (WorkerDied, OutOfTime) as reason:
            established = f"not established: {reason}"
            if name == "mutation check" and isinstance(reason, OutOfTime):
                when = "before a planted mistake was looked for"
                self.error_message = f"{reason} {when}; {MORE_TIME}"
        self.steps.append(Step(name, established, perf_counter() - start))

    def _tell(self, name: str, done: int, total: int) -> None:
        """Say how far the check is, and start what the diagnosis needs once it is to come."""
        self.progress(name, done, total)
        if self.subject.falsified():
            self.fresh.prepare()

    def mutation_check(self) -> str:
        layer = with_cached_calls(self.subject.layer)
        if failed := failures_unmutated(layer):
            names = {tested.name for tested in self.subject.properties}
            self.subject.add(outcome for outcome in failed if outcome.name in names)
            if self._is_unwritten(failed):
                return "not needed: there is nothing to plant a mistake in"
            if not names & {outcome.name for outcome in failed}:
                return f"not made: the layer fails {failed[0].name}, which was not asked for"
            return "not needed: the layer fails with nothing planted"
        if survivors := surviving_mutants(layer):
            which = f"planted mistakes were not caught ({'; '.join(survivors)})"
            why = "so a pass would mean nothing; does the layer see that it is being tested?"
            self.error_message = f"{which}, {why}"
        return f"{MUTANT_COUNT - len(survivors)} of {MUTANT_COUNT} planted mistakes were caught"

    def _is_unwritten(self, failed: Sequence[Outcome]) -> bool:
        """Whether nothing is wrong but that a pass is still to be written; then that is found."""
        falsified, judges = self.subject.falsified(), {JUDGES[name].name: name for name in JUDGES}
        if not falsified:
            return False
        found = diagnose_unwritten(self.subject.layer)
        wrong = {judges[outcome.name] for outcome in failed}
        if found is None or not wrong <= {*found.quantities}:
            return False
        self.findings = [Finding(tuple(falsified), found)]
        return True

    def prove(self) -> str:
        outcomes, name = self.subject.outcomes, BASIS_PAIRS.name
        outcomes[name] = Outcome(name, "error", reason="not run: the time ran out")
        shapes, outcomes[name] = self.subject.judge(prove)
        if failed := _failed_at(outcomes[name]):
            return failed
        right = f"all coefficients are right at {len(shapes)} sizes, up to {shapes[-1]}"
        return f"{right}: there the formulas hold for all real inputs of a bilinear layer"

    def certify(self) -> str:
        patience = _SHARE_OF_A_DRAW * self.subject.clock.budget
        certificate, outcome = self.subject.judge(lambda layer: certify(layer, self.seed, patience))
        if failed := _failed_at(outcome):
            self.subject.add([outcome])
            return failed
        self.certificate, large = certificate, len(certificate.large)
        established = f"{certificate.draws} uniform draws of integers up to {certificate.limit} "
        established += f"satisfy the central difference at each of {len(certificate.shapes)} sizes"
        return established + f", and one at each of {large} sizes of real networks" * bool(large)

    def search(self) -> str:
        subject = self.subject
        waiting = [tested for tested in subject.properties if tested.name not in subject.outcomes]
        if not waiting:
            return "not needed: no property is left to run"
        if integer_sums_are_exact in waiting:
            with suppress(OutOfTime):  # then the search stops at once, and says so
                inexact = find_inexact_sum(subject.unsnapped or subject.layer, self.seed)
                subject.add([inexact] if inexact else [])
        stopped = search_all(subject, waiting, self.seed, self._tell)
        outcomes = [subject.outcomes[tested.name] for tested in waiting]
        if count := sum(outcome.status == "error" for outcome in outcomes):
            were = "property was" if count == 1 else "properties were"
            self.error_message = f"{stopped}: {count} {were} not run; {MORE_TIME}"
        elif stopped:
            held = [outcome.cases for outcome in outcomes if outcome.status == "held"]
            least = f"each property ran on at least {min(held, default=0)} of {EXAMPLES} cases"
            self.notes.append(f"{stopped} in the search: {least}")
        names = {outcome.name for outcome in outcomes if outcome.cases}
        ran = [outcome for outcome in subject.judged() if outcome.name in names]
        cases = counted(sum(outcome.cases for outcome in ran), "case")
        return f"{counted(len(ran), 'property', 'properties')} on {cases}"

    def diagnose(self) -> str:
        layer, falsified, clock = self.subject.layer, self.subject.falsified(), self.subject.clock
        probed, before = None, self._cases()
        if self.reduction == "mean":
            probed = forgive_steps(multiply_averages(self.bare), averaged=True)
        unsnapped = self.subject.unsnapped
        causes = findings(layer, falsified, self.seed, clock, probed, unsnapped)
        with suppress(OutOfTime):
            if self.reduction == "mean" and not failures_unmutated(forgive_steps(self.bare)):
                causes = [replace(cause, diagnosis=_NO_AVERAGES) for cause in causes]
        self.findings = causes = list(self.fresh.with_reproductions(causes, falsified))
        self.subject.add(outcome for cause in causes for outcome in cause.outcomes)
        named = [cause for cause in causes if cause.mistake]
        more = counted(self._cases() - before, "more case")
        return f"{len(named)} of {len(causes)} causes named, on {more}"

    def _cases(self) -> int:
        return sum(outcome.cases for outcome in self.subject.judged())

    def rounding(self) -> list[str]:
        """What is remarked on, of a layer that is right by the bound: where it rounds more."""
        subject = self.subject
        if subject.falsified():
            return []
        texts = [
            f"{name}: {outcome.error}. It is rounding, and no failure"
            for name, outcome in subject.outcomes.items()
            if outcome.status == "falsified" and isinstance(outcome.error, Violation)
            if self.reduction == "sum"
        ]
        return texts or list(filter(None, [subject.rounding]))


def _judged(bare: Layer, reduction: Reduction) -> Layer:
    """Return the layer as properties see it: one that returns sums."""
    if reduction == "sum":
        return forgive_steps(bare)
    # Scaling by N uses up digits, so sums are judged by the bound from the start.
    return snap_to_exact(forgive_steps(undo_mean_reduction(bare), averaged=True))


def _on_dtypes(layer: Layer) -> list[str]:
    if not layer.dtypes:
        return []
    return [f"judged in {' and '.join(layer.dtypes)}: the layer takes, or computes in, no other"]


def _failed_at(outcome: Outcome) -> str:
    case = outcome.counterexample
    return "" if case is None else f"failed at the sizes {case.primal.sizes}"


@contextmanager
def _warnings_to(notes: list[str]) -> Iterator[None]:
    """Collect each warning once, the first ones as they are and the others as a count."""
    observed: set[str] = set()

    def remember(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        text = f"{category.__name__}: {message}"
        # Hypothesis warns of itself; it need not be loaded to be told from the layer.
        if text not in observed and category.__module__.partition(".")[0] != "hypothesis":
            observed.add(text)
            if len(observed) <= _MOST_WARNINGS:
                notes.append(f"the layer warned: {text}")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = remember
        yield
    if len(observed) > _MOST_WARNINGS:
        notes.append(f"the layer gave {len(observed) - _MOST_WARNINGS:,} other warnings")


def _versions() -> dict[str, str]:
    names = ["numpy", "hypothesis", *(name for name in ("torch", "jax") if name in sys.modules)]
    own = {"python": platform.python_version(), "affine": affine.__version__}
    return own | {name: version(name) for name in names}
