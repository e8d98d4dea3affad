"""The generated parts of pages, as Markdown: properties, handwritten source, equations."""

from collections.abc import Iterator
from itertools import groupby
from textwrap import indent

from affine.equations import Correction, Equation, Statement
from affine.properties import Property
from docs.machinery.names import typeset
from docs.machinery.record import Record

__all__ = ["equations", "handwritten", "properties", "this_build"]

GROUPS = {
    "value": "Values",
    "algebra": "Algebra",
    "batch": "The batch",
    "contract": "The contract",
    "memory": "Memory and state",
    "special": "Special values",
    "frameworks": "Frameworks",
}


def citations(tags: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(f"[({tag})][eq-{tag}]" for tag in tags)


# ------------------------------------------------------------------ properties


def properties(record: Record) -> str:
    """Return every property, group by group, after the conditions of this build."""
    parts = [this_build(record)]
    for group, found in groupby(record.properties.values(), key=lambda one: one.group):
        parts += [f"## {GROUPS[group]}", *(_property(one, record) for one in found)]
    return "\n\n".join(parts)


def this_build(record: Record) -> str:
    """Say what was run for this build, and on which shapes."""
    if not record.results:
        return '!!! note "Not run"\n\n    The property suite was not run for this build.'
    names = list(record.properties)
    shares = "".join(
        f"\n    - {name}: {share:.0%} of the shapes"
        for name, share in record.results.ledger["shares"].items()
    )
    return (
        f'!!! note "This build"\n\n    {record.results.summary(names)}; '
        f"{record.results.conditions}.\n{shares}"
    )


def _property(found: Property, record: Record) -> str:
    held = "held" if record.results.all_held([found.name]) else "open"
    outcome = f'<span class="outcome {held}">{record.results.outcome(found.name)}</span>'
    tested = f"tests {citations(found.equations)}"
    facts = f"{outcome} · {found.profile} · {tested} · [source][p-{found.name}]"
    parts = [
        f"### `{found.name}` {{#property-{found.name}}}",
        typeset(found.doc),
        f"Catches {typeset(found.catches)}.",
        f'<p class="property-facts" markdown="1">{facts}</p>',
    ]
    return "\n\n".join(filter(None, parts))


# ------------------------------------------------------------------ the handwritten source


def handwritten(record: Record) -> str:
    """Return the handwritten derivation, statement by statement, corrections beside them."""
    parts = []
    told: set[str] = set()
    for section, found in groupby(record.statements.values(), key=lambda one: one.section):
        parts.append(f"## {section}")
        for statement in found:
            parts.append(_statement(statement, record))
            if statement.correction and statement.correction not in told:
                told.add(statement.correction)
                parts.append(_correction(record.corrections[statement.correction]))
            elif statement.correction:
                title = record.corrections[statement.correction].title
                parts.append(f"[{title}][correction-{statement.correction}]: see above.")
    return "\n\n".join(parts)


def _statement(statement: Statement, record: Record) -> str:
    carried = citations(tuple(equation.tag for equation in record.carrying(statement.id)))
    lines = [
        f'<div class="statement" id="source-{statement.id}" markdown="1">',
        f'<span class="statement-id">{statement.id}</span>{typeset(statement.says)}',
        f"\\[\n{statement.tex}\n\\]" if statement.tex else "",
        f"[[boxes: {statement.boxes}]]" if statement.boxes else "",
        f'<p class="statement-carried" markdown="1">Carried by {carried}</p>',
        "</div>",
    ]
    return "\n\n".join(filter(None, lines))


def _correction(correction: Correction) -> str:
    kinds = {"slip": "failure", "convention": "warning", "notation": "note"}
    body = [f"{typeset(correction.text)} What holds: {citations((correction.equation,))}."]
    if correction.layer:
        body.append(f"[[counterexample: {correction.layer}]]")
    return (
        f'<div id="correction-{correction.id}" markdown="1">\n\n'
        f'!!! {kinds[correction.kind]} "{correction.title}"\n\n'
        f"{indent(chr(10).join([body[0], '', *body[1:]]), '    ')}\n\n</div>"
    )


# ------------------------------------------------------------------ equations


def equations(record: Record) -> str:
    """Return the table of all equations."""
    rows = "\n".join(_row(equation, record) for equation in record.equations.values())
    head = "| No. | Tag | Equation | Implemented by | Tested by |\n|--:|---|---|---|---|"
    return f'<div class="equation-index" markdown="1">\n\n{head}\n{rows}\n\n</div>'


def _row(equation: Equation, record: Record) -> str:
    code = "" if equation.is_statement_only else f"[`{equation.function}`][{equation.function}]"
    names = [found.name for found in record.testing(equation.tag)]
    tested = record.results.summary(names) if names else "by definition"
    tag = citations((equation.tag,))
    return f"| {equation.number} | {tag} | {equation.title} | {code} | {tested} |"
