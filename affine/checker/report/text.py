"""A report in words: the verdict in one line, then each mistake with its smallest case."""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType

from affine.checker.report.case import case_lines
from affine.checker.report.findings import Certificate, Finding, Outcome, Report, Step
from affine.checker.report.layout import code, heading, indented, paragraph, rows, to_text
from affine.checker.report.notation import page, plain
from affine.checker.report.snippet import mentions, snippet
from affine.checker.report.words import below, clean, counted, on_one_line, told
from affine.equations import EQUATIONS
from affine.properties import PROPERTIES

__all__ = ["headline", "parts", "text", "verdict"]

_COLOURS = {"pass": "bold green", "fail": "bold red", "error": "bold yellow"}
_MEANING = "A pass means that no case falsified a property: strong evidence, and no proof."
_PROVED = " At the sizes of the proof it is one, for all real inputs of a bilinear layer."
_SLOWEST = 5
_NAMED = 5
_HEADLINES = 2
_LONGEST_MESSAGE = 240


def text(report: Report, *, width: int = 80, verbose: bool = False) -> str:
    """Return the report as plain text.

    Args:
        report: What the check found out.
        width: Columns.
        verbose: Also each property, each step's time, and versions.

    Examples:
        >>> print(text(Report("mine.py", error_message="no file mine.py; give the path of a file")))
        ERROR mine.py: no file mine.py; give the path of a file
    """
    return to_text(parts(report, width, verbose=verbose), width)


def parts(report: Report, width: int, *, verbose: bool = False) -> Iterator[RenderableType]:
    """Yield the parts of the report, for a console to print: the verdict first."""
    yield heading(verdict(report), style=_COLOURS[report.verdict])
    further = clean(report.error_message).partition("\n")[2]
    if further:
        yield paragraph(further)
    for number, finding in enumerate(report.findings, start=1):
        many = f"Mistake {number} of {len(report.findings)}. " if report.findings[1:] else ""
        yield from _finding(finding, report, many, width, verbose)
    if report.notes:
        notes = (indented(paragraph(clean(note))) for note in report.notes)
        yield Group(heading("Notes, which are not failures"), *notes)
    if report.outcomes:
        yield from _footer(report, verbose)
    if verbose:
        yield from _details(report)


# ------------------------------------------------------------------ the verdict


def verdict(report: Report) -> str:
    """Return the verdict in one line.

    Examples:
        >>> held = Outcome("dw_is_xt_dout", "held", cases=1843)
        >>> verdict(Report("mine.py", outcomes=(held,)))
        'PASS mine.py: 1 property held on 1,843 cases (profile textbook, seed 0)'
    """
    said = {"pass": _passed, "fail": _failed, "error": _undecided}[report.verdict](report)
    return f"{report.verdict.upper()} {on_one_line(report.target)}: " + " ".join(said.split())


def _passed(report: Report) -> str:
    held = [outcome for outcome in report.outcomes if outcome.status == "held"]
    cases = counted(sum(outcome.cases for outcome in report.outcomes), "case")
    mean = ", reduction mean" if report.reduction == "mean" else ""
    return (
        f"{counted(len(held), 'property', 'properties')} held on {cases} "
        f"(profile {report.profile}, seed {report.seed}{mean})"
    )


def _failed(report: Report) -> str:
    if report.findings:
        return _summary(report.findings)
    names = [outcome.name for outcome in report.outcomes if outcome.status == "falsified"]
    return "falsified: " + ", ".join(names)


def _summary(findings: Sequence[Finding]) -> str:
    """Return the first mistakes that have a name, else the first failure, and how many more."""
    named = [one for one in findings if one.diagnosis and one.diagnosis.mistake]
    shown = named[:_HEADLINES] or findings[:1]
    more = len(findings) - len(shown)
    further = [f"and {counted(more, 'more failure')}"] if more else []
    return "; ".join([*map(headline, shown), *further])


def _undecided(report: Report) -> str:
    if report.error_message:
        return clean(report.error_message).split("\n")[0]
    broken = [outcome for outcome in report.outcomes if outcome.status == "error"]
    if broken:
        return f"{broken[0].name} could not be run: {clean(broken[0].reason)}"
    return "no property was run; the form of the layer makes those that were asked for vacuous"


def headline(finding: Finding) -> str:
    """Return one mistake in a few words.

    Examples:
        >>> finding = Finding((Outcome("dw_is_xt_dout", "falsified", error=ValueError("no")),))
        >>> headline(finding)
        'ValueError: no (dw_is_xt_dout)'
    """
    first, diagnosis = finding.outcomes[0], finding.diagnosis
    if diagnosis is None or diagnosis.mistake is None:
        return f"{_message(first)} ({first.name})"
    quantities = list(dict.fromkeys(diagnosis.quantities)) or [""]
    last = " and ".join(filter(None, [", ".join(quantities[:-1]), quantities[-1]]))
    return diagnosis.mistake.title + (f" ({last})" if last else "")


def _message(outcome: Outcome) -> str:
    return told(outcome.error, _LONGEST_MESSAGE) if outcome.error else outcome.name


def _reproduction(finding: Finding, report: Report) -> Iterator[RenderableType]:
    first = finding.outcomes[0]
    reproduction = snippet(first, report.usage, report.reduction)
    if reproduction:
        alone = "" if mentions(reproduction, "layer_from") else ", without this package"
        yield indented(heading(f"To reproduce it{alone}:"))
        yield code(reproduction)
    else:
        yield indented(rows([("To see it again", f"{command(report)} --only {first.name}")]))


# ------------------------------------------------------------------ the parts


def _finding(
    finding: Finding, report: Report, many: str, width: int, verbose: bool
) -> Iterator[RenderableType]:
    first = finding.outcomes[0]
    said = finding.diagnosis.sentence if finding.diagnosis else ""
    if said or many:
        yield indented(heading(many + clean(said or _message(first))), by=0)
    case = list(case_lines(first, width - 2, report.reduction))
    if case:
        yield Group(*(indented(line) for line in case))
    yield indented(rows(_facts(finding, report, verbose)))
    yield from _reproduction(finding, report)


def _facts(finding: Finding, report: Report, verbose: bool) -> Iterator[tuple[str, str]]:
    first, diagnosis = finding.outcomes[0], finding.diagnosis
    tested = PROPERTIES.get(first.name)
    if diagnosis and diagnosis.sentence:
        yield "Observed", _message(first)
    for tag in _tags(finding, report.reduction):
        said = plain(tag)
        yield "Equation", f"({tag})  {said}" + ("\n" if "\n" in said else "   ") + page(tag)
    said = f": {tested.doc.partition(chr(10))[0]}" if tested else ""
    yield "Property", first.name + said
    others = [outcome.name for outcome in finding.outcomes[1:]]
    if others:
        named = ", ".join(others) if verbose else _few(others)
        yield "Also fails", f"{counted(len(others), 'property', 'properties')}: {named}"
    if diagnosis and diagnosis.mistake:
        yield "Remedy", diagnosis.mistake.remedy
    elif diagnosis and diagnosis.ruled_out:
        tried = diagnosis.ruled_out
        yield "Ruled out", ", ".join(tried) if verbose else _few(tried)


def _tags(finding: Finding, reduction: str) -> list[str]:
    """The equations of what is wrong and of the mistake; else that of the property."""
    first, diagnosis = finding.outcomes[0], finding.diagnosis
    tested = PROPERTIES.get(first.name)
    tags = list(diagnosis.quantities) if diagnosis else [getattr(first.error, "quantity", "")]
    if reduction == "mean":
        tags = ["average" if tag in ("dw", "db") else tag for tag in tags]
    if diagnosis and diagnosis.mistake:
        tags.append(diagnosis.mistake.equation)
    known = [tag for tag in dict.fromkeys(tags) if tag in EQUATIONS]
    return known or list(tested.equations[:1] if tested else ())


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more (see --verbose)" if more > 0 else "")


# ------------------------------------------------------------------ the footer


def _footer(report: Report, verbose: bool) -> Iterator[RenderableType]:
    if report.steps:
        steps = ((step.name, _established(step, report, verbose)) for step in report.steps)
        yield Group(heading("What each step established"), indented(rows(steps)))
    yield rows([("Properties", _counts(report)), ("Re-run", command(report))])
    if report.verdict == "pass":
        proved = any(step.name == "proof" for step in report.steps)
        yield indented(paragraph(_MEANING + (_PROVED if proved else "")), by=0)


def _established(step: Step, report: Report, verbose: bool) -> str:
    said = clean(step.established) + (f"  [{step.seconds:.2f} s]" if verbose else "")
    if step.name == "certificate" and report.certificate and report.certificate.shapes:
        return f"{said}\n{_chance(report.certificate)}"
    return said


def _chance(certificate: Certificate) -> str:
    return (
        f"a wrong gradient of degree ≤ {certificate.degree - 1} passes at one of these shapes "
        f"with probability below {below(certificate.miss_bound)}"
    )


def _counts(report: Report) -> str:
    said = {"held": "held", "falsified": "falsified", "not_observable": "not observable"}
    said["error"] = "not run for an error"
    statuses = [outcome.status for outcome in report.outcomes]
    counts = [f"{statuses.count(one)} {said[one]}" for one in said if one in statuses]
    cases = counted(sum(outcome.cases for outcome in report.outcomes), "case")
    return f"{', '.join(counts)}; {cases} in {report.seconds:.1f} s"


def command(report: Report) -> str:
    """Return the command that replays a check.

    Examples:
        >>> command(Report("mine.py", reduction="mean", seed=7))
        'affine check mine.py --reduction mean --seed 7'
    """
    profile = f" --profile {report.profile}" if report.profile != "textbook" else ""
    reduction = " --reduction mean" if report.reduction == "mean" else ""
    target = shlex.quote(on_one_line(report.target))
    only = "".join(f" --only {name}" for name in report.only)
    return f"affine check {target}{profile}{reduction}{only} --seed {report.seed}"


def _details(report: Report) -> Iterator[RenderableType]:
    if report.outcomes:
        yield Group(heading("Every property"), indented(rows(_outcome_rows(report.outcomes))))
        ran = [outcome for outcome in report.outcomes if outcome.cases]
        slowest = sorted(ran, key=lambda outcome: -outcome.seconds)[:_SLOWEST]
        times = ((f"{one.seconds:.2f} s", one.name) for one in slowest)
        yield Group(heading("The slowest"), indented(rows(times)))
    if report.versions:
        versions = ", ".join(f"{name} {clean(one)}" for name, one in report.versions.items())
        form = [("Form", clean(report.form))] if report.form else []
        yield rows([*form, ("Versions", versions)])


def _outcome_rows(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, str]]:
    for outcome in outcomes:
        spent = f"{counted(outcome.cases, 'case')}, {outcome.seconds:.2f} s"
        reason = clean(outcome.reason) or spent
        yield outcome.status.replace("_", " "), f"{outcome.name}: {reason}"
