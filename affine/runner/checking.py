"""The whole check of one layer: liveness, proof, certificate, search, diagnosis."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal

from affine.adapters import layer_from
from affine.layer import Layer, LayerGone
from affine.mistakes import Diagnosis
from affine.properties import PROPERTIES, Property
from affine.report import Certificate, Finding, Outcome, Report, Step
from affine.runner.causes import findings
from affine.runner.certificate import EXACT_SUMS, IDENTITY, certify, where_it_rounds
from affine.runner.conventions import averaging, settled
from affine.runner.liveness import PLANTED, failing, surviving
from affine.runner.proof import BASIS_PAIRS, prove
from affine.runner.searching import fails_on, search
from affine.runner.selection import chosen
from affine.runner.surroundings import versions, warnings_to

__all__ = ["check"]

Progress = Callable[[str, int, int], None]

EXAMPLES = 60
_EXAMPLES_OF_LARGE = 15
# The verdict is known: the rest is searched for what else is wrong.
_EXAMPLES_ONCE_WRONG = 20
_LARGEST_PROVED = 3

# A layer that hangs or dies again and again: the rest of the properties is not run.
_DEATHS = 6
_SECONDS_LOST = 15.0


def check(
    layer: Any,
    *,
    profile: Literal["textbook", "library", "framework"] = "textbook",
    reduction: Literal["sum", "mean"] = "sum",
    seed: int = 0,
    only: Iterable[str] = (),
    budget: float = 30.0,
    progress: Progress = lambda step, done, total: None,
) -> Report:
    """Return the verdict on a layer, in this process.

    Args:
        layer: A `Layer`, or a module, class, function or pair of functions in a form that the
            adapters know.
        profile: How much a right layer has to promise.
        reduction: `mean` holds dW and db to averages over the batch, [(average)][eq-average].
        seed: Replays the check.
        only: Names of the properties to run; all those of the profile if there is none.
        budget: About how many seconds a slow layer may take.
        progress: Called with the step, how much of it is done, and of how much.

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
    run = _Run(
        layer, layer, chosen(profile, only), profile, reduction, bool(only), seed, budget, progress
    )
    if reduction == "mean":
        # Scaling by N uses up digits, so sums are judged by the bound from the start.
        run.layer = settled(averaging(layer))
    with warnings_to(run.remarks):
        run.all_steps()
    run.remarks += run.rounding()
    return Report(
        target=layer.name,
        form=layer.form,
        profile=profile,
        reduction=reduction,
        seed=seed,
        outcomes=run.judged(),
        findings=tuple(run.findings),
        remarks=tuple(dict.fromkeys(run.remarks)),
        steps=tuple(run.steps),
        certificate=run.certificate,
        only=only,
        usage=layer.usage,
        versions=versions(),
        seconds=perf_counter() - run.start,
        trouble=run.trouble,
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
    budget: float
    progress: Progress
    start: float = field(default_factory=perf_counter)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    certificate: Certificate | None = None
    trouble: str = ""
    unsettled: Layer | None = None
    rounded: str = ""

    def all_steps(self) -> None:
        """Run the five steps; each says what it established."""
        names = {found.name for found in self.chosen}
        self._liveness()
        if BASIS_PAIRS in names:
            self._proof()
        if IDENTITY in names:
            self._certificate()
        self._search()
        falsified = [one for one in self.judged() if one.status == "falsified"]
        if falsified:
            self._diagnosis(falsified)
        if not self.trouble and not any(o.status in ("held", "falsified") for o in self.judged()):
            self.trouble = "no property ran; name observable ones, or leave --only out"

    def judged(self) -> tuple[Outcome, ...]:
        """The outcomes that the verdict rests on, in the order of the suite."""
        return tuple(
            self.outcomes[found.name]
            for found in self.chosen
            if found.name in self.outcomes and not self._is_remark(found)
        )

    def rounding(self) -> list[str]:
        """What is remarked on, of a layer that is right by the bound: where it rounds more."""
        if any(outcome.status == "falsified" for outcome in self.judged()):
            return []
        texts = [
            f"{found.name}: {self.outcomes[found.name].error}. It is rounding, and no failure"
            for found in self.chosen
            if self._is_remark(found)
            and self.reduction == "sum"
            and self.outcomes[found.name].status == "falsified"
        ]
        return texts or [self.rounded] * bool(self.rounded)

    def _is_remark(self, found: Property) -> bool:
        return found.profile == "remark" and self.profile == "textbook" and not self.named

    def _only_rounds(self, found: Outcome) -> bool:
        """Whether a failure is no more than rounding; then the bound judges from here on."""
        if self.unsettled is not None or self.reduction == "mean" or found.counterexample is None:
            return False
        tested, candidate = PROPERTIES[found.name], settled(self.layer)
        if tested.profile == "remark" or isinstance(found.error, LayerGone):
            return False
        if fails_on(tested, candidate, found.counterexample) is not None:
            return False
        self.layer, self.unsettled = candidate, self.layer
        self.rounded = f"it rounds where a sum would be exact, which is no failure: {found.error}"
        return True

    def _liveness(self) -> None:
        start = perf_counter()
        self.progress("liveness", 0, 1)
        try:
            survivors = surviving(self.layer)
        except LayerGone as gone:
            self._step("liveness", f"not established: {gone}", start)
            return
        if survivors is None:
            self._step("liveness", "not needed: the layer fails with nothing planted", start)
            return
        if survivors:
            self.trouble = (
                f"planted mistakes were not caught ({'; '.join(survivors)}), so a pass would mean "
                "nothing; does the layer see that it is being tested?"
            )
        said = f"{PLANTED - len(survivors)} of {PLANTED} planted mistakes were caught"
        self._step("liveness", said, start)

    def _proof(self) -> None:
        start = perf_counter()
        self.progress("proof", 0, 1)
        outcome, shapes = prove(self.layer, _LARGEST_PROVED, until=start + 0.2 * self.budget)
        if self._only_rounds(outcome):
            outcome, shapes = prove(self.layer, _LARGEST_PROVED, until=start + 0.2 * self.budget)
        self.outcomes[BASIS_PAIRS] = outcome
        if outcome.status == "falsified":
            said = f"failed at the sizes {outcome.counterexample.point.sizes}"  # type: ignore[union-attr]
        else:
            said = (
                f"all coefficients are right at {len(shapes)} sizes, up to {shapes[-1]}: there the "
                "formulas hold for all real inputs of a bilinear layer"
            )
        self._step("proof", said, start)

    def _certificate(self) -> None:
        start = perf_counter()
        self.progress("certificate", 0, 1)
        certificate, found = self._certified(start)
        if self._only_rounds(found):
            certificate, found = self._certified(start)
        if found.status == "held":
            self.certificate = certificate
            said = (
                f"{certificate.draws} uniform draws of integers up to {certificate.limit} satisfy "
                f"the central difference at each of {len(certificate.shapes)} sizes"
            )
        else:
            self.outcomes[IDENTITY] = found
            said = f"failed at the sizes {found.counterexample.point.sizes}"  # type: ignore[union-attr]
        self._step("certificate", said, start)

    def _certified(self, start: float) -> tuple[Certificate, Outcome]:
        certificate, case, error = certify(self.layer, self.seed, until=start + 0.2 * self.budget)
        status: Literal["held", "falsified"] = "held" if error is None else "falsified"
        return certificate, Outcome(IDENTITY, status, 1, perf_counter() - start, case, error)

    def _search(self) -> None:
        start = perf_counter()
        lost, deaths = 0.0, 0
        waiting = [found for found in self.chosen if found.name not in self.outcomes]
        for number, found in enumerate(waiting):
            self.progress("search", number, len(waiting))
            if deaths >= _DEATHS or lost > _SECONDS_LOST:
                reason = "not run: the layer hung or ended its process too often before"
                self.outcomes[found.name] = Outcome(found.name, "error", reason=reason)
                continue
            outcome = self._searched(found, len(waiting) - number, start)
            if self._only_rounds(outcome):
                outcome = self._searched(found, len(waiting) - number, start)
            self.outcomes[found.name] = outcome
            if isinstance(outcome.error, LayerGone):
                lost, deaths = lost + outcome.seconds, deaths + 1
        cases = sum(outcome.cases for outcome in self.outcomes.values())
        self._step("search", f"{len(waiting)} properties on {cases:,} cases", start)

    def _searched(self, found: Property, left: int, start: float) -> Outcome:
        remaining = max(self.budget * 0.6 - (perf_counter() - start), 0.0)
        layer = self.unsettled or self.layer if found.profile == "remark" else self.layer
        if found.name == EXACT_SUMS:
            rounding = where_it_rounds(layer, self.seed)
            if rounding is not None:
                return rounding
        return search(
            found,
            layer,
            max_examples=self._examples(found),
            seed=self.seed,
            shrink=False,
            until=perf_counter() + remaining / left,
        )

    def _examples(self, found: Property) -> int:
        if any(outcome.status == "falsified" for outcome in self.judged()):
            return _EXAMPLES_ONCE_WRONG
        return _EXAMPLES_OF_LARGE if found.sizes == "all large" else EXAMPLES

    def _diagnosis(self, falsified: Sequence[Outcome]) -> None:
        start = perf_counter()
        self.progress("diagnosis", 0, 1)
        self.findings = findings(self.layer, falsified, self.seed, EXAMPLES)
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
    return Finding(finding.outcomes, Diagnosis("dw, db", None, said))
