"""Pages about the equations: one for each tag, the ledger, the summary, the handwritten source."""

import inspect
import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from textwrap import indent

from affine.checker.diagnosis import MISTAKES, Mistake
from affine.equations import Correction, Equation, Event, Statement, events_of
from docs.site_builder.citation.citations import Citation, formats
from docs.site_builder.citation.publish import PLACE
from docs.site_builder.equations import checks, notation
from docs.site_builder.equations.block import reference, tests, used_in
from docs.site_builder.equations.notation import typeset
from docs.site_builder.pages.properties import citations, described, this_build
from docs.site_builder.record import Record, Results

# ------------------------------------------------------------------ the page of one tag


def _head(description: str) -> str:
    return f"---\n{described(description)}\nsearch:\n  exclude: true\nhide:\n  - toc\n---"


def tag_page(equation: Equation, record: Record, cited: Citation) -> str:
    """Return, as Markdown, all that is known of an equation, at a URL that stays."""
    tag = equation.tag
    source = " ".join(reference(f"source-{one}", one) for one in equation.source)
    handwritten = f"<div><dt>Handwritten source</dt><dd>{source}</dd></div>" if source else ""
    sections = {
        "Computed by": _function(equation),
        "Tested by": f'<div class="tested">{tests(equation, record)}</div>',
        "Mistakes that break it": _mistakes(tag, record.results),
        "Referred to by": f'<dl class="equation-facts">{handwritten}{used_in(tag)}</dl>',
        "Corrections": "\n".join(
            f"- {one.date}: [{one.title}][correction-{one.id}], in the handwritten source"
            for one in record.corrections.values()
            if one.equation == tag
        ),
        "History": f"{_history(events_of(tag, record.history))}\n\n{PLACE}",
        "Cite this equation": formats(cited),
    }
    titled = (f"## {title}\n\n{text}" for title, text in sections.items() if text)
    head = _head(f"Equation ({tag}) of the affine layer: {equation.spoken}.")
    return "\n\n".join([head, *_statement(equation), *titled]) + "\n"


def retired_page(tag: str, record: Record, cited: Citation) -> str:
    """Return the page of an equation that was withdrawn: it says why, and what it was."""
    events = events_of(tag, record.history)
    first, last = events[0], events[-1]
    tex = [event.tex for event in events if event.tex][-1]
    return "\n\n".join([
        _head(f"The withdrawn equation ({tag}), {first.title}: what it was, and why it went."),
        f"# {first.title} {{#tag-{tag}}}",
        f'!!! warning "Retired on {last.date}"\n\n    {last.why}',
        f"The equation ({tag}) was\n\n\\[\n{tex}\n\\]",
        f"## History\n\n{_history(events)}\n\n{PLACE}",
        f"## Cite this equation\n\n{formats(cited)}",
    ]) + "\n"  # fmt: skip


def _statement(equation: Equation) -> Iterator[str]:
    tag = equation.tag
    yield f"# {equation.title} {{#tag-{tag}}}"
    yield (
        f"Equation ({tag}), number {equation.number}: {equation.spoken}. "
        f"[See its derivation][eq-{tag}]."
    )
    yield f"\\[\n{equation.tex}\n\\]"
    if equation.boxes:
        yield f"[[boxes of: {tag}]]"
    yield f'<p class="equation-shapes">{notation.shape_list(equation.symbols)}</p>'
    if equation.assumes:
        yield "It holds when\n\n" + "\n".join(f"- {typeset(one)}" for one in equation.assumes)


def _function(equation: Equation) -> str:
    if equation.is_statement_only:
        return "No function: it is a statement only."
    function = checks.resolve(equation.function)
    title = f"{function.__module__.replace('.', '/')}.py"
    code = f'```python title="{title}"\n{inspect.getsource(function).rstrip()}\n```'
    # No cross reference: the function's own page need not list every tag page that names it.
    link = f"[`{equation.function}`](../../reference/api.md#{equation.function})"
    return f'{link}\n\n??? note "Its source"\n\n{indent(code, "    ")}'


def _mistakes(tag: str, results: Results) -> str:
    """Return the mistakes that break the equation, those that are known by it first."""
    if not results:
        return "Not run in this build."
    own = [one for one in MISTAKES.values() if one.equation == tag]
    breaking = [one for one in MISTAKES.values() if tag in (results.breaks(one.name) or ())]
    hidden = [one for one in own if results.breaks(one.name) == []]
    others = _links(one for one in breaking if one not in own)
    return "\n\n".join(filter(None, [
        "\n".join(
            f"- [{typeset(one.title)}][mistake-{one.name}]"
            + ("" if "\n" in one.formula.strip() else f": `{one.formula}`")
            for one in own if one in breaking
        ),
        f"Known by another equation, they break this one too: {others}." if others else "",
        f"One plain call shows nothing, another use does: {_links(hidden)}." if hidden else "",
    ]))  # fmt: skip


def _links(mistakes: Iterable[Mistake]) -> str:
    return ", ".join(f"[{typeset(one.title)}][mistake-{one.name}]" for one in mistakes)


def _history(events: list[Event]) -> str:
    lines = [f"- {events[0].date}: published."]
    for before, event in pairwise(events):
        until = f"\n\n    Until then:\n\n    \\[\n    {before.tex}\n    \\]" if event.tex else ""
        lines.append(f"- {event.date}: {event.kind}. {event.why}{until}")
    return "\n".join(lines)


# ------------------------------------------------------------------ the ledger


def ledger(record: Record) -> str:
    """Return the conditions of this build, and the table of all equations."""
    table = (
        "| No. | Tag | Equation | Implemented by | Tested by | Cases | Result |\n"
        "|--:|---|---|---|---|--:|---|\n"
    )
    for tag, equation in record.equations.items():
        names = [one.name for one in record.testing(tag)]
        code = f"[`{equation.function}`][{equation.function}]"
        code = "statement only" if equation.is_statement_only else code
        tested, cases, outcome = "by definition", "", ""
        if names:
            count = "1 property" if len(names) == 1 else f"{len(names)} properties"
            tested = f"[{count}](t/{tag}/index.md#tested-by)"
            cases = f"{record.results.cases(names):,}" if record.results else ""
            kind = record.results.kind(names)
            outcome = record.results.chip(names, "not run" if kind == "open" else kind)
        cells = (equation.number, citations([tag]), equation.title, code, tested, cases, outcome)
        table += f"| {' | '.join(map(str, cells))} |\n"
    return f'{this_build(record)}\n\n<div class="ledger" markdown="1">\n\n{table}\n</div>'


# ------------------------------------------------------------------ the layer on one page

FORMULAS = ("out", "dx", "dw", "db")
IDENTITIES = ("adjoint", "pairings", "balance", "batch-additivity", "finite-difference")
MISTAKES_THAT_FIT = 8


def most_seen() -> list[Mistake]:
    """Return the mistakes with the most recorded sightings; of equally many, as they are listed."""
    seen = [one for one in MISTAKES.values() if one.seen]
    return sorted(seen, key=lambda one: -len(one.seen))[:MISTAKES_THAT_FIT]


def summary(record: Record) -> str:
    """Return formulas, shapes, identities and mistakes that were seen, to be printed."""
    formulas = [record.equations[tag] for tag in FORMULAS]
    symbols = {name: shape for one in formulas for name, shape in one.symbols.items()}
    rows = ["| Mistake | Wrong | Remedy |", "| --- | --- | --- |"]
    for mistake in most_seen():
        first_sentence = re.split(r"(?<=\.) (?=[A-Z])", mistake.remedy)[0]
        link = f"[{mistake.title}](mistakes/{mistake.name}.md)"
        rows.append(f"| {link} | `{mistake.formula}` | {typeset(first_sentence)} |")
    return "\n\n".join([
        "## Formulas",
        _summary_lines(formulas),
        '<div class="side-by-side" markdown>',
        *(f"[[boxes of: {tag}]]" for tag in FORMULAS[1:]),
        "</div>",
        f'## Shapes\n\n<p class="equation-shapes">{notation.shape_list(symbols)}</p>',
        "## Identities of a right layer",
        _summary_lines([record.equations[tag] for tag in IDENTITIES]),
        "## Mistakes seen in published programs",
        "\n".join(rows),
    ])  # fmt: skip


def _summary_lines(equations: list[Equation]) -> str:
    return "\n\n".join(
        '<div class="summary-line" markdown="1">\n\n'
        f"\\[\n{one.tex}\n\\]\n\n[({one.tag})][eq-{one.tag}]\n\n</div>"
        for one in equations
    )


# ------------------------------------------------------------------ the handwritten source


def handwritten(record: Record) -> str:
    """Return the handwritten derivation, statement by statement, corrections beside them."""
    parts = []
    corrected: set[str] = set()
    for section, statements in groupby(record.statements.values(), key=lambda one: one.section):
        parts.append(f"## {section}")
        for statement in statements:
            carrying = citations(equation.tag for equation in record.carrying(statement.id))
            parts += [
                f'<div class="statement" id="source-{statement.id}" markdown="1">',
                f'<span class="statement-id">{statement.id}</span> {_words(statement)}',
                f"\\[\n{statement.tex}\n\\]" if statement.tex else "",
                f"[[boxes as written: {statement.boxes}]]" if statement.boxes else "",
                f'<p class="statement-carried" markdown="1">See {carrying}</p>',
                "</div>",
            ]
            if not statement.correction:
                continue
            correction = record.corrections[statement.correction]
            if correction.id in corrected:
                parts.append(f"[{correction.title}][correction-{correction.id}]: see above.")
            else:
                parts.append(_correction(correction, statement, record))
            corrected.add(correction.id)
    return "\n\n".join(filter(None, parts))


def _words(statement: Statement) -> str:
    """Return the words of the notes in quotation marks, or what a formula of theirs states."""
    words = typeset(statement.says)
    return f"“{words}”" if statement.quoted else f'<span class="statement-ours">{words}</span>'


def _correction(correction: Correction, wrong: Statement, record: Record) -> str:
    """The correction of a statement: both lines, what is wrong, and the numbers that show it."""
    kinds = {"slip": "failure", "convention": "warning", "notation": "note"}
    right = record.equations[correction.equation]
    line = f"\n\n\\[\n{wrong.tex}\n\\]" if wrong.tex else f" “{wrong.says}”"
    body = "\n\n".join([
        f"The line of the notes:{line}",
        f"What holds, by {citations((right.tag,))}:\n\n\\[\n{right.tex}\n\\]",
        typeset(correction.text),
        f"[[counterexample: {correction.layer}]]",
        f"Corrected on {correction.date}.",
    ])  # fmt: skip
    return (
        f'<div id="correction-{correction.id}" markdown="1">\n\n'
        f'!!! {kinds[correction.kind]} "{correction.title}"\n\n'
        f"{indent(body, '    ')}\n\n</div>"
    )
