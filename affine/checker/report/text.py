"""A report in words: the verdict in one line, then each mistake with its smallest case."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from numbers import Rational
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from affine.checker.diagnosis.phrasing import concerns, listed
from affine.checker.memory import layout
from affine.checker.report import Finding, Outcome, Report, Reproduction
from affine.checker.report.layout import code, heading, indented, paragraph, printed, rows
from affine.checker.report.snippet import Counterexample, counterexample, names_in
from affine.checker.report.words import below, clean, counted, describe, number, on_one_line, page
from affine.equations import EQUATIONS
from affine.layer import Array, Operands, WorkerDied
from affine.oracle import Violation
from affine.properties import PROPERTIES
from affine.quantities import AXES, QUANTITIES

Block: TypeAlias = list[Text]
"""The lines of one matrix: its title, then its rows, all of one width."""

_MOST = 6
_SHOWN = 5
_GAP = "   "

_COLOURS = {"pass": "bold green", "fail": "bold red", "error": "bold yellow"}
_STATUSES = {
    "held": "held", "falsified": "falsified", "not_observable": "not observable",
    "error": "not run (error)",
}  # fmt: skip
_MEANING = "A pass means that no case falsified a property: strong evidence, not a proof."
_PROVED = " At the sizes of the proof it is one, for all real inputs of a bilinear layer."
_IN_ROWS = (
    "Formulas of your layer are written as it keeps its arrays. Equations, numbers and code to "
    "reproduce a failure are shown with data points in rows, and W as (D, M)."
)
# Equations of sums: where dw and db are held to averages, they are not those that are broken.
_OF_SUMS = ("dw", "db", "per-sample-sum")
_HELD_TO_AVERAGES = "With --reduction mean, N·dout is given for dout: averages are sums then."
_MOST_LISTED = 5
_MOST_BESIDE = 60  # letters of an equation and where to read about it, on one line
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
    if report.form:
        yield rows([("Read as", " ".join(clean(report.form).split()))])
    if is_unwritten(report):
        finding = report.findings[0]
        remedy = finding.mistake.remedy if finding.mistake else ""
        yield indented(paragraph(f"{clean(finding.sentence)} {remedy}"), by=0)
        return
    if report.findings and (report.columns or report.transposed):
        yield indented(paragraph(_IN_ROWS), by=0)
    for place, finding in enumerate(report.findings, start=1):
        many = f"Mistake {place} of {len(report.findings)}. " if report.findings[1:] else ""
        yield from _finding(finding, report, many, width, verbose)
    if report.notes:
        notes = (indented(paragraph(clean(note))) for note in report.notes)
        yield Group(heading("Notes, which are not failures"), *notes)
    if report.outcomes:
        yield from _footer(report, verbose)
    if verbose and report.versions:
        versions = (f"{name} {clean(version)}" for name, version in report.versions.items())
        yield rows([("Versions", ", ".join(versions))])


def is_unwritten(report: Report) -> bool:
    """Whether all that is wrong is that the layer, or a pass of it, is still to be written."""
    names = [finding.mistake and finding.mistake.name for finding in report.findings]
    return names == ["not-written-yet"]


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
    for finding in report.findings:
        if finding.diagnosis and finding.mistake:
            together = listed(list(dict.fromkeys(finding.diagnosis.quantities)))
            named.append(finding.mistake.title + (f" ({together})" if together else ""))
    first = report.findings[0].outcomes[0]
    headlines = named[:_HEADLINES] or [f"{observed(first, report)} ({first.name})"]
    more = len(report.findings) - len(headlines)
    return "; ".join(headlines + [f"and {counted(more, 'more failure')}"] * bool(more))


def observed(outcome: Outcome, report: Report) -> str:
    """Return what was observed, in the numbers of the case that is shown."""
    shown = counterexample(outcome, report.reduction)
    error = shown.error if shown else outcome.error
    return describe(error, _LONGEST_MESSAGE) if error else outcome.name


def headline(finding: Finding, report: Report) -> str:
    """Return the diagnosis of a mistake, or else what was observed."""
    return clean(finding.sentence) or observed(finding.outcomes[0], report)


def _finding(
    finding: Finding, report: Report, count: str, width: int, verbose: bool
) -> Iterator[RenderableType]:
    first = finding.outcomes[0]
    if finding.sentence or count:
        yield indented(heading(count + headline(finding, report)), by=0)
    if case := list(case_lines(finding, width - 2, report.reduction)):
        yield Group(*map(indented, case))
    # Who called `check` has no --verbose to see the rest with.
    yield indented(rows(_facts(finding, report, verbose or not report.is_named)))
    if (found := finding.reproduction).code:
        yield indented(heading(reproduction_title(found)))
        yield code(found.code)
    else:
        again = _command(replace(report, only=(first.name,)))
        yield indented(rows([("To see it again", again), ("Without code", clean(found.why_none))]))


def reproduction_title(found: Reproduction) -> str:
    """Return what is to be known of code that shows a failure: where it runs, and what it needs."""
    if not found.was_run:
        return "To reproduce it where your layer is defined (this code was not run):"
    folder, here = Path(found.folder), Path.cwd()
    shown = folder.relative_to(here) if folder.is_relative_to(here) else folder
    place = f" in {on_one_line(str(shown))}" if shown != Path() else ""
    alone = "" if "affine.checker" in found.code else ", without this package"
    return f"To reproduce it{place}{alone}:"


def _facts(finding: Finding, report: Report, verbose: bool) -> Iterator[tuple[str, str]]:
    first, diagnosis, mistake = finding.outcomes[0], finding.diagnosis, finding.mistake
    tested = PROPERTIES.get(first.name)
    if finding.sentence:
        yield "Observed", observed(first, report)
    # The equations of what is wrong and of the mistake; else that of the property.
    wrong = [first.error.quantity] if isinstance(first.error, Violation) else []
    tags = list(diagnosis.quantities) if diagnosis else wrong
    if mistake and concerns(mistake.equation, tags):
        tags.append(mistake.equation)
    if is_mean := report.reduction == "mean" and not set(_OF_SUMS).isdisjoint(tags):
        tags = ["average" if tag in _OF_SUMS else tag for tag in tags]
    known = [tag for tag in dict.fromkeys(tags) if tag in EQUATIONS]
    for tag in known or (tested.equations[:1] if tested else ()):
        says, more = f"({tag})  {EQUATIONS[tag].plain}", page(tag) or f"affine explain {tag}"
        apart = "\n" if "\n" in says or len(says + more) > _MOST_BESIDE else "   "
        yield "Equation", f"{says}{apart}{more}"
    says = f": {tested.doc.splitlines()[0]}" if tested else ""
    says += f" {_HELD_TO_AVERAGES}" if is_mean and says else ""
    yield "Property", first.name + says
    if others := [outcome.name for outcome in finding.outcomes[1:]]:
        count = counted(len(others), "property", "properties")
        yield "Also fails", f"{count}: {_listed(others, verbose)}"
    if mistake:
        yield "Remedy", mistake.remedy
    elif diagnosis and diagnosis.ruled_out:
        yield "Ruled out", f"as the only mistake: {_listed(diagnosis.ruled_out, verbose)}"


def _listed(names: Sequence[str], verbose: bool) -> str:
    more = 0 if verbose else max(len(names) - _MOST_LISTED, 0)
    shown = ", ".join(names[: len(names) - more])
    return f"{shown} and {more} more (see --verbose)" if more else shown


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
    properties = f"{', '.join(counts)}; {_cases(report)} in all, {report.seconds:.1f} s"
    yield rows([("Properties", properties), ("Re-run", _command(report))])
    if report.verdict == "pass":
        if report.coverage:
            covered = report.coverage.described()
            yield rows([("Covered", covered), ("Not tried", "; ".join(report.not_tried))])
        proved = any(step.name == "proof" for step in report.steps)
        yield indented(paragraph(_MEANING + (_PROVED if proved else "")), by=0)
    if verbose:
        every = []
        for outcome in report.outcomes:
            spent = f"{counted(outcome.cases, 'case')}, {outcome.seconds:.2f} s"
            reason = clean(outcome.reason) or spent
            every.append((_STATUSES[outcome.status], f"{outcome.name}: {reason}"))
        yield Group(heading("Every property"), indented(rows(every)))


def _command(report: Report) -> str:
    """Return the command that replays a check, or the call where no command names the layer."""
    if not report.is_named:
        chosen = {name: getattr(report, name) for name in ("profile", "reduction", "only", "seed")}
        plain = {"profile": "textbook", "reduction": "sum", "only": ()}
        words = [f"{name}={each!r}" for name, each in chosen.items() if each != plain.get(name)]
        return f"check(..., {', '.join(words)})"
    words = ["affine check", shlex.quote(on_one_line(report.target))]
    words += [f"--profile {report.profile}"] * (report.profile != "textbook")
    words += ["--reduction mean"] * (report.reduction == "mean")
    words += [f"--only {name}" for name in report.only]
    return " ".join([*words, f"--seed {report.seed}"])


def case_lines(finding: Finding, width: int, reduction: str = "sum") -> Iterator[Text]:
    """Yield the smallest case as lines: its sizes, its operands, then expected and got."""
    found = finding.reproduction
    failure = counterexample(finding.outcomes[0], reduction)
    if failure is None:
        return
    error, (n, d, m) = failure.violation, failure.sizes
    # To shrink a case on which the process ends would take a process, or a time limit, a step.
    is_shrunk = finding.is_shrunk and not isinstance(failure.error, WorkerDied)
    is_smallest = is_shrunk and found.is_of_smallest
    which = "The smallest case that shows it" if is_smallest else "A case that shows it"
    if found.is_refuted:
        which = "A case in which it was seen"
    dtypes = {array.dtype.name for array in failure.given}
    dtype = f", {dtypes.pop()}" if len(dtypes) == 1 and dtypes != {"float64"} else ""
    yield Text(f"{which}: N = {n}, D = {d}, M = {m}{dtype}")
    if failure.is_summed:
        given = "The layer is given N·dout and its dx is divided by N"
        yield Text(f"{given}: dw and db are sums again.")
    got, should = error.got, error.expected
    wrong = None  # where they differ, if they can be compared
    if _is_matrix(got) and _is_matrix(should) and got.shape == should.shape:
        both_nan = (got != got) & (should != should)
        wrong = np.asarray((got.astype(object) != should.astype(object)) & ~both_nan, dtype=bool)
    first = [] if wrong is None or not wrong.any() else [int(at) for at in np.argwhere(wrong)[0]]
    # Results that depend on the calls before are other ones next time.
    results = _results(failure, wrong, first) if found.is_of_smallest else []
    for blocks in (_operands(failure, wrong, first), results):
        if blocks:
            yield Text()
            yield from side_by_side(blocks, width)


def _is_matrix(value: Any) -> TypeGuard[Array]:
    """Whether it is an array of numbers; a layer may return an array of anything."""
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return False
    exact = value.dtype.kind == "O" and all(isinstance(entry, Rational) for entry in value.flat)
    return value.dtype.kind in "fiu" or exact


def _operands(failure: Counterexample, wrong: Array | None, first: Sequence[int]) -> list[Block]:
    """The operands of the wrong quantity, and whatever else did not shrink to 0."""
    point, used = failure.given, {*Operands._fields, *names_in(failure.replay)}
    quantity, is_made = failure.violation.quantity, point is not failure.case.primal
    needed: Sequence[str] = ()
    if quantity in QUANTITIES and (failure.expected is not None or is_made):
        needed = QUANTITIES[quantity].operands
    if not isinstance(failure.error, Violation):
        needed = Operands._fields
    # Large ones are shown around the first entry that differs, else the last that is not 0.
    centres = dict.fromkeys("NDM", 0)
    for name, array in point._asdict().items():
        # One with more axes is shown from its start.
        for side, places in zip(AXES[name], np.nonzero(array), strict=False):
            if array.ndim == len(AXES[name]):
                centres[side] = max([centres[side], *map(int, places)])
    sizes = dict(zip("NDM", failure.sizes, strict=True))
    sides = AXES.get(quantity, "")
    if wrong is not None and wrong.shape == tuple(sizes[side] for side in sides):
        centres |= zip(sides, first, strict=False)
    mixed = len({array.dtype for array in point}) > 1
    blocks = []
    shown = point._asdict() if is_made else failure.operands()
    for name, array in shown.items():
        has_more_axes = array.ndim > len(AXES[name.rstrip("2")])
        if name in needed or has_more_axes or (name in used and array.any()):
            notes = filter(None, [array.dtype.name * mixed, layout(array)])
            centre = [centres[side] for side in AXES[name.rstrip("2")]]
            centre = [0] * array.ndim if has_more_axes else centre
            blocks.append(block(name, array, centre, note="".join(f", {note}" for note in notes)))
    return blocks


def _results(failure: Counterexample, wrong: Array | None, first: Sequence[int]) -> list[Block]:
    error = failure.violation
    if not _is_matrix(error.got):
        return []
    got, should = error.got, failure.expected if error.expected is None else error.expected
    if not _is_matrix(should):
        return [block(f"got {error.quantity}", got)]
    # Two numbers that differ never look alike.
    differing = [] if wrong is None else zip(got[wrong], should[wrong], strict=True)
    fully = any(number(one) == number(other) for one, other in differing)
    marked: dict[str, Any] = {"marks": wrong, "fully": fully}
    return [
        block(f"expected {error.quantity}", should, first, style="bold green", **marked),
        block(f"got {error.quantity}", got, first, style="bold red", signs=("›", "‹"), **marked),
    ]


def block(
    name: str,
    array: Array,
    centre: Sequence[int] = (),
    marks: Array | None = None,
    fully: bool = False,
    style: str = "",
    signs: tuple[str, str] = ("", ""),
    note: str = "",
) -> Block:
    """Return a matrix as lines, or the part of a large one around an entry."""
    part, cut = [], []
    for size, at in zip(array.shape, centre or [0] * array.ndim, strict=True):
        start = min(max(at - _SHOWN // 2, 0), size - _SHOWN) if size > _MOST else 0
        stop = start + _SHOWN if size > _MOST else size
        part.append(slice(start, stop))
        cut.append(f"{start}:{stop}" if size > _MOST else ":")
    shape = "×".join(map(str, array.shape)) if array.ndim > 1 else f"{len(array)},"
    window = f"[{', '.join(cut)}] of" if max(array.shape) > _MOST else ""
    marks = np.zeros(array.shape, dtype=bool) if marks is None else marks
    entries, marked = (_as_rows(each[tuple(part)]) for each in (array, marks))
    columns = []
    for column, flags in zip(entries.T, marked.T, strict=True):
        # Right-aligned; a mark stands outside the alignment.
        signed = signs if flags.any() else ("", "")
        blanks = [" " * len(sign) for sign in signed]
        cells = []
        for entry, mark in zip(column, flags, strict=True):
            left, right = signed if mark else blanks
            written = f"{left}{number(entry, fully=fully and bool(mark))}{right}"
            cells.append(paragraph(written, style if mark else ""))
        width = max(map(len, cells))
        for cell in cells:
            cell.pad_left(width - len(cell))
        columns.append(cells)
    rows = [Text("[") + Text(" ").join(row) + Text("]") for row in zip(*columns, strict=True)]
    lines = [Text(f"{name}{window} ({shape}){note}", style="bold"), *rows]
    width = max(line.cell_len for line in lines)
    return [line + Text(" " * (width - line.cell_len)) for line in lines]


def _as_rows(array: Array) -> Array:
    columns = array.shape[-1] if array.ndim else 1
    return array.reshape(-1, columns) if array.size else np.empty((0, 0))


def side_by_side(blocks: Sequence[Block], width: int) -> Iterator[Text]:
    """Yield the lines of blocks in a row, or in several where a row has no room for all."""
    rows: list[list[Block]] = [[]]
    for following in blocks:
        wanted = sum(lines[0].cell_len + len(_GAP) for lines in [*rows[-1], following])
        if rows[-1] and wanted - len(_GAP) > width:
            rows.append([])
        rows[-1].append(following)
    for index, row in enumerate(rows):
        if index:
            yield Text()
        for pieces in zip_longest(*row):
            yield Text(_GAP).join(
                piece or Text(" " * lines[0].cell_len)
                for piece, lines in zip(pieces, row, strict=True)
            )
