"""A report in words: the verdict in one line, then each mistake with its smallest case."""

import shlex
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from affine.checker.report import Finding, Outcome, Report
from affine.checker.report.case import case_lines
from affine.checker.report.layout import code, heading, indented, paragraph, printed, rows
from affine.checker.report.snippet import snippet
from affine.checker.report.words import below, clean, counted, describe, on_one_line, page
from affine.equations import EQUATIONS
from affine.oracle import Violation
from affine.properties import PROPERTIES

__all__ = ["parts", "text", "verdict"]

_COLOURS = {"pass": "bold green", "fail": "bold red", "error": "bold yellow"}
_STATUSES = {
    "held": "held", "falsified": "falsified", "not_observable": "not observable",
    "error": "not run (error)",
}  # fmt: skip
_MEANING = "A pass means that no case falsified a property: strong evidence, not a proof."
_PROVED = " At the sizes of the proof it is one, for all real inputs of a bilinear layer."
_MOST_LISTED = 5
_HEADLINES = 2
_LONGEST_MESSAGE = 240


def text(report: Report, *, width: int = 80, verbose: bool = False) -> str:
    """Return the report as plain text; `verbose` adds each property, the times and versions."""
    return printed(parts(report, width, verbose=verbose), width).removesuffix("\n")


def parts(report: Report, width: int, *, verbose: bool = False) -> Iterator[RenderableType]:
    """Yield the parts of the report, for a console to print: the verdict first."""
    yield heading(verdict(report), style=_COLOURS[report.verdict])
    if further := clean(report.error_message).partition("\n")[2]:
        yield paragraph(further)
    for number, finding in enumerate(report.findings, start=1):
        many = f"Mistake {number} of {len(report.findings)}. " if report.findings[1:] else ""
        yield from _finding(finding, report, many, width, verbose)
    if report.notes:
        notes = (indented(paragraph(clean(note))) for note in report.notes)
        yield Group(heading("Notes, which are not failures"), *notes)
    if report.outcomes:
        yield from _footer(report, verbose)
    if verbose and report.versions:
        versions = (f"{name} {clean(version)}" for name, version in report.versions.items())
        yield rows([("Form", clean(report.form)), ("Versions", ", ".join(versions))])


def verdict(report: Report) -> str:
    """Return the verdict in one line."""
    if report.verdict == "pass":
        held = sum(outcome.status == "held" for outcome in report.outcomes)
        mean = ", reduction mean" if report.reduction == "mean" else ""
        summary = f"{counted(held, 'property', 'properties')} held on {_cases(report)}"
        summary += f" (profile {report.profile}, seed {report.seed}{mean})"
    elif report.verdict == "fail":
        summary = _failures(report)
    elif report.error_message:
        summary = clean(report.error_message).split("\n")[0]
    elif broken := [outcome for outcome in report.outcomes if outcome.status == "error"]:
        summary = f"{broken[0].name} could not be run: {clean(broken[0].reason)}"
    else:
        asked = "those that were asked for"
        summary = f"no property was run; the form of the layer makes {asked} vacuous"
    return f"{report.verdict.upper()} {on_one_line(report.target)}: {' '.join(summary.split())}"


def _cases(report: Report) -> str:
    return counted(sum(outcome.cases for outcome in report.outcomes), "case")


def _failures(report: Report) -> str:
    """Return the first mistakes that have a name, else the first failure, and how many more."""
    if not report.findings:
        names = [outcome.name for outcome in report.outcomes if outcome.status == "falsified"]
        return "falsified: " + ", ".join(names)
    named = []
    for diagnosis in (finding.diagnosis for finding in report.findings):
        if diagnosis and diagnosis.mistake:
            *quantities, last = dict.fromkeys(diagnosis.quantities or [""])
            together = " and ".join(filter(None, [", ".join(quantities), last]))
            named.append(diagnosis.mistake.title + (f" ({together})" if together else ""))
    first = report.findings[0].outcomes[0]
    headlines = named[:_HEADLINES] or [f"{_message(first)} ({first.name})"]
    more = len(report.findings) - len(headlines)
    return "; ".join(headlines + [f"and {counted(more, 'more failure')}"] * bool(more))


def _message(outcome: Outcome) -> str:
    return describe(outcome.error, _LONGEST_MESSAGE) if outcome.error else outcome.name


def _finding(
    finding: Finding, report: Report, count: str, width: int, verbose: bool
) -> Iterator[RenderableType]:
    first = finding.outcomes[0]
    sentence = finding.diagnosis.sentence if finding.diagnosis else ""
    if sentence or count:
        yield indented(heading(count + clean(sentence or _message(first))), by=0)
    if case := list(case_lines(first, width - 2, report.reduction)):
        yield Group(*map(indented, case))
    yield indented(rows(_facts(finding, report, verbose)))
    if reproduction := snippet(first, report.usage, report.reduction):
        alone = "" if "layer_from(" in report.usage else ", without this package"
        yield indented(heading(f"To reproduce it{alone}:"))
        yield code(reproduction)
    else:
        yield indented(rows([("To see it again", f"{_command(report)} --only {first.name}")]))


def _facts(finding: Finding, report: Report, verbose: bool) -> Iterator[tuple[str, str]]:
    first, diagnosis = finding.outcomes[0], finding.diagnosis
    tested = PROPERTIES.get(first.name)
    if diagnosis and diagnosis.sentence:
        yield "Observed", _message(first)
    # The equations of what is wrong and of the mistake; else that of the property.
    wrong = [first.error.quantity] if isinstance(first.error, Violation) else []
    tags = list(diagnosis.quantities) if diagnosis else wrong
    if report.reduction == "mean":
        tags = ["average" if tag in ("dw", "db") else tag for tag in tags]
    tags += [diagnosis.mistake.equation] if diagnosis and diagnosis.mistake else []
    known = [tag for tag in dict.fromkeys(tags) if tag in EQUATIONS]
    for tag in known or (tested.equations[:1] if tested else ()):
        plain = EQUATIONS[tag].plain
        yield "Equation", f"({tag})  {plain}" + ("\n" if "\n" in plain else "   ") + page(tag)
    yield "Property", first.name + (f": {tested.doc.splitlines()[0]}" if tested else "")
    if others := [outcome.name for outcome in finding.outcomes[1:]]:
        count = counted(len(others), "property", "properties")
        yield "Also fails", f"{count}: {_listed(others, verbose)}"
    if diagnosis and diagnosis.mistake:
        yield "Remedy", diagnosis.mistake.remedy
    elif diagnosis:
        yield "Ruled out", _listed(diagnosis.ruled_out, verbose)


def _listed(names: Sequence[str], verbose: bool) -> str:
    more = 0 if verbose else max(len(names) - _MOST_LISTED, 0)
    listed = ", ".join(names[: len(names) - more])
    return f"{listed} and {more} more (see --verbose)" if more else listed


def _footer(report: Report, verbose: bool) -> Iterator[RenderableType]:
    if report.steps:
        established = []
        for step in report.steps:
            text = clean(step.established) + (f"  [{step.seconds:.2f} s]" if verbose else "")
            certificate = report.certificate if step.name == "certificate" else None
            if certificate is not None and certificate.shapes:
                text += f"\na wrong gradient of degree ≤ {certificate.degree - 1} passes at one of "
                text += f"these shapes with probability below {below(certificate.miss_bound)}"
            established.append((step.name, text))
        yield Group(heading("What each step established"), indented(rows(established)))
    statuses = [outcome.status for outcome in report.outcomes]
    counts = [f"{statuses.count(one)} {name}" for one, name in _STATUSES.items() if one in statuses]
    properties = f"{', '.join(counts)}; {_cases(report)} in {report.seconds:.1f} s"
    yield rows([("Properties", properties), ("Re-run", _command(report))])
    if report.verdict == "pass":
        proved = any(step.name == "proof" for step in report.steps)
        yield indented(paragraph(_MEANING + (_PROVED if proved else "")), by=0)
    if verbose:
        every = []
        for outcome in report.outcomes:
            spent = f"{counted(outcome.cases, 'case')}, {outcome.seconds:.2f} s"
            reason = clean(outcome.reason) or spent
            every.append((_STATUSES[outcome.status], f"{outcome.name}: {reason}"))
        yield Group(heading("Every property"), indented(rows(every)))
        slowest = sorted(report.outcomes, key=lambda outcome: -outcome.seconds)[:_MOST_LISTED]
        times = ((f"{outcome.seconds:.2f} s", outcome.name) for outcome in slowest if outcome.cases)
        yield Group(heading("The slowest"), indented(rows(times)))


def _command(report: Report) -> str:
    """Return the command that replays a check."""
    words = ["affine check", shlex.quote(on_one_line(report.target))]
    words += [f"--profile {report.profile}"] * (report.profile != "textbook")
    words += ["--reduction mean"] * (report.reduction == "mean")
    words += [f"--only {name}" for name in report.only]
    return " ".join([*words, f"--seed {report.seed}"])
