"""Pages that list all there is of something: properties, statements of the handwritten source."""

from collections.abc import Iterable
from itertools import groupby
from textwrap import indent

from affine.equations import Correction, Statement
from affine.properties import Property
from docs.site_builder.equations.names import typeset
from docs.site_builder.record import Record

__all__ = ["citations", "handwritten", "properties", "this_build"]

GROUPS = {
    "value": "Values",
    "algebra": "Algebra",
    "batch": "The batch",
    "contract": "The contract",
    "memory": "Memory",
    "state": "State",
    "special": "Special values",
    "frameworks": "Frameworks",
}


def citations(tags: Iterable[str]) -> str:
    """Return references to equations."""
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
    outcome = record.results.chip([found.name], record.results.outcome(found.name))
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
                correction = record.corrections[statement.correction]
                parts.append(_correction(correction, statement, record))
            elif statement.correction:
                title = record.corrections[statement.correction].title
                parts.append(f"[{title}][correction-{statement.correction}]: see above.")
    return "\n\n".join(parts)


def _statement(statement: Statement, record: Record) -> str:
    carried = citations(tuple(equation.tag for equation in record.carrying(statement.id)))
    lines = [
        f'<div class="statement" id="source-{statement.id}" markdown="1">',
        f'<span class="statement-id">{statement.id}</span> {typeset(statement.says)}',
        f"\\[\n{statement.tex}\n\\]" if statement.tex else "",
        f"[[boxes as written: {statement.boxes}]]" if statement.boxes else "",
        f'<p class="statement-carried" markdown="1">Carried by {carried}</p>',
        "</div>",
    ]
    return "\n\n".join(filter(None, lines))


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
