"""A report as HTML, as a notebook shows it: the verdict, the first mistake, and what to do."""

from collections.abc import Iterator
from html import escape

from rich.console import Console
from rich.text import Text

from affine.checker.report import Finding, Report
from affine.checker.report.text import (
    case_lines,
    headline,
    is_unwritten,
    observed,
    reproduction_title,
    verdict,
)
from affine.checker.report.words import clean, counted

# Seen on light and on dark pages. They are for a line at the side: text has the page's colour.
_COLOURS = {"pass": "#2a9d5c", "fail": "#e0474c", "error": "#c98500"}
_WIDTH = 100
_PRE = '<pre style="overflow-x: auto; color: inherit; background: none">'


def html(report: Report) -> str:
    """Return the report as HTML that needs nothing else: no script, no style sheet, no font.

    Examples:
        >>> "<strong" in html(Report("mine.py", error_message="no file mine.py"))
        True
    """
    style = f"border-left: 0.25em solid {_COLOURS[report.verdict]}; padding-left: 0.75em"
    return f'<div style="{style}">\n' + "\n".join(_parts(report)) + "\n</div>"


def _parts(report: Report) -> Iterator[str]:
    word = report.verdict.upper()
    yield f"<p><strong>{word}</strong>{escape(verdict(report).removeprefix(word))}</p>"
    if further := clean(report.error_message).partition("\n")[2]:
        yield f"{_PRE}{escape(further)}</pre>"
    if report.form:
        yield _labelled("Read as", report.form)
    if report.findings:
        yield from _finding(report.findings[0], report)
    if others := report.findings[1:]:
        yield f"<p>{counted(len(others), 'more mistake')}:</p>"
        yield _listed(headline(each, report) for each in others)
    if report.notes:
        yield "<p>Notes, which are not failures:</p>"
        yield _listed(report.notes)


def _finding(finding: Finding, report: Report) -> Iterator[str]:
    first = finding.outcomes[0]
    yield f"<p><strong>{escape(headline(finding, report))}</strong></p>"
    is_shown = not is_unwritten(report)  # else there is no number to look at
    if is_shown and (lines := list(case_lines(finding, _WIDTH, report.reduction))):
        yield _PRE + "\n".join(map(_bold, lines)) + "</pre>"
    if is_shown and finding.sentence and first.error:
        yield _labelled("Observed", observed(first, report))
    if finding.mistake:
        yield _labelled("Remedy", finding.mistake.remedy)
    if is_shown and (found := finding.reproduction).code:
        summary = f"<summary>{escape(reproduction_title(found).removesuffix(':'))}</summary>"
        yield f"<details>{summary}{_PRE}{escape(clean(found.code))}</pre></details>"


def _labelled(label: str, text: str) -> str:
    return f"<p><strong>{label}</strong> {escape(clean(text))}</p>"


def _listed(texts: Iterator[str] | tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{escape(clean(text))}</li>" for text in texts) + "</ul>"


def _bold(line: Text) -> str:
    """Return a line of a matrix: the entries that differ, and titles, are bold."""
    pieces = line.render(Console(file=None))
    marked = ((escape(each.text), each.style is not None and each.style.bold) for each in pieces)
    return "".join(f"<b>{text}</b>" if bold else text for text, bold in marked).rstrip("\n")
