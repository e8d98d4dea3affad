"""What a check found out: the outcomes of the properties, grouped by cause."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from affine.checker.coverage import Coverage
from affine.checker.diagnosis import Diagnosis, Mistake
from affine.layer import Case

__all__ = ["Certificate", "Finding", "Outcome", "Report", "Reproduction", "Step"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found out about one property of one layer.

    Attributes:
        name: The property.
        status: `held`, `falsified`, `not_observable` where the form of the layer makes the
            property vacuous, or `error` where it could not be run.
        cases: How many cases ran, those of the shrinking included.
        seconds: How long it took.
        counterexample: The smallest case found on which the property fails.
        error: What it raised there: a `Violation`, or the layer's own exception.
        reason: Why it is not observable, or could not be run.

    Examples:
        >>> Outcome("dw_is_xt_dout", "held", cases=100).status
        'held'
    """

    name: str
    status: Literal["held", "falsified", "not_observable", "error"]
    cases: int = 0
    seconds: float = 0.0
    counterexample: Case | None = None
    error: Exception | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Code that shows a failure by itself, or why there is none.

    Attributes:
        code: It; `""` where there is none.
        folder: Where it runs, `""` for anywhere.
        was_run: Whether it was run, in a fresh process: then it is here only if it showed the
            failure. No other process can have a layer that is defined in a notebook, say.
        is_of_smallest: Whether it is that of the smallest case.
        why_none: Why there is none, in words.
    """

    code: str = ""
    folder: str = ""
    was_run: bool = False
    is_of_smallest: bool = True
    why_none: str = ""

    @property
    def is_refuted(self) -> bool:
        """Whether the case did not fail again by itself."""
        return self.was_run and not self.code


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: the properties that fail for the same cause, and the case that shows it.

    Attributes:
        outcomes: The falsified properties; the first one's counterexample is the smallest.
        diagnosis: Which mistake it is, or what was ruled out.
        reproduction: Code that shows the first one's failure.
        is_shrunk: Whether there was time to make that case as small as it gets.

    Examples:
        >>> from affine.checker import check
        >>> def forward(x, w, b):
        ...     return x @ w + b
        >>> def backward(dout, x, w):
        ...     return dout @ w.T, x.T @ dout, dout.mean(axis=0)
        >>> report = check(forward, backward, only=["db_is_the_column_sum_of_dout"])
        >>> report.findings[0].diagnosis.sentence  # doctest: +ELLIPSIS
        'Your db is dout.sum(axis=0) / N: averaged over the batch. Equation (db) is the sum ...'
    """

    outcomes: tuple[Outcome, ...]
    diagnosis: Diagnosis | None = None
    reproduction: Reproduction = Reproduction()
    is_shrunk: bool = True

    @property
    def mistake(self) -> Mistake | None:
        """The known mistake; None where there is no diagnosis, or it knows none."""
        return self.diagnosis.mistake if self.diagnosis else None

    @property
    def sentence(self) -> str:
        """What the diagnosis verified or observed, `""` where there is none."""
        return self.diagnosis.sentence if self.diagnosis else ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the random draws established, and how likely a wrong gradient passes them.

    Attributes:
        draws: How many independent uniform draws ran, at each of the shapes.
        shapes: The sizes (N, D, M) at which they ran.
        limit: R: every integer was drawn uniformly from −R to R.
        degree: The total degree of the identity as a polynomial of the drawn numbers.
        miss_bound: (degree / (2R + 1))^draws: the largest chance that a wrong gradient of
            that degree passes at one of the shapes, by Schwartz and Zippel.
        large: Further sizes, those of layers in use, at which one draw ran.

    Examples:
        >>> Certificate(2, ((3, 2, 2),), limit=4, degree=3, miss_bound=Fraction(1, 9)).miss_bound
        Fraction(1, 9)
    """

    draws: int
    shapes: tuple[tuple[int, int, int], ...]
    limit: int
    degree: int
    miss_bound: Fraction
    large: tuple[tuple[int, int, int], ...] = ()


StepName: TypeAlias = Literal["mutation check", "proof", "certificate", "search", "diagnosis"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the check: what it established, in words, and how long it took.

    Attributes:
        name: Which of the five steps.
        established: What it established, in words.
        seconds: How long it took.

    Examples:
        >>> Step("proof", "every coefficient at 27 sizes").name
        'proof'
    """

    name: StepName
    established: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on one layer; truthy only when every property that was run held.

    Attributes:
        target: What was checked, as the user named it.
        form: How the layer was read, in one sentence.
        columns: Whether the layer itself keeps data points as columns.
        transposed: Whether the layer itself keeps Wᵀ.
        profile: `textbook`, `library` or `framework`.
        reduction: `sum`, or `mean` where dW and db were held to averages over the batch.
        seed: Replays the check.
        outcomes: Every property of the profile, in order.
        findings: The falsified ones, grouped by cause.
        notes: What is not a failure and worth knowing: rounding, warnings, printed output.
        steps: What each step established.
        certificate: What the draws established; None where they did not run or found a mistake.
        coverage: What the layer was given; None where it was not called.
        not_tried: What a pass says nothing of, in words.
        only: The properties that were asked for, if not all of the profile.
        usage: Python code that defines `vjp` with the user's own functions.
        is_named: Whether the command can be given the target, and not only `check` in Python.
        versions: Of Python and of the packages involved.
        seconds: The whole check.
        error_message: Why there is no verdict; `""` where there is one.

    Examples:
        >>> report = Report("my_layer.py", error_message="there is no such file")
        >>> bool(report)
        False
        >>> print(report)
        ERROR my_layer.py: there is no such file
    """

    target: str
    form: str = ""
    columns: bool = False
    transposed: bool = False
    profile: str = "textbook"
    reduction: Literal["sum", "mean"] = "sum"
    seed: int = 0
    outcomes: tuple[Outcome, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    certificate: Certificate | None = None
    coverage: Coverage | None = None
    not_tried: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    usage: str = ""
    is_named: bool = True
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    error_message: str = ""

    @property
    def verdict(self) -> Literal["pass", "fail", "error"]:
        """`fail` if a property was falsified; `pass` only if some held and nothing else went wrong.

        Examples:
            >>> Report("nothing.py").verdict
            'error'
            >>> Report("mine.py", outcomes=(Outcome("dw_is_xt_dout", "held", cases=1),)).verdict
            'pass'
        """
        statuses = {outcome.status for outcome in self.outcomes}
        if "falsified" in statuses:
            return "fail"
        judged = "held" in statuses and "error" not in statuses
        return "pass" if judged and not self.error_message else "error"

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def to_json(self) -> str:
        """Return the report as `affine check --json` writes it; a JSON Schema describes it.

        Examples:
            >>> import json
            >>> json.loads(Report("mine.py", error_message="no file mine.py").to_json())["verdict"]
            'error'
        """
        from affine.checker.report.record import dumps  # late, as below

        return dumps(self)

    def __str__(self) -> str:
        """Return the report as the command prints it."""
        from affine.checker.report.text import text  # late: it draws on the report

        return text(self)

    def _repr_html_(self) -> str:
        """Return the report as a notebook shows it."""
        from affine.checker.report.html import html  # late: a report of a program needs none

        return html(self)
