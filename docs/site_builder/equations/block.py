"""The block of one equation: the equation first, what is known about it folded away."""

from collections import defaultdict
from collections.abc import Iterator
from html import escape

from affine.equations import Equation
from docs.site_builder.equations import notation
from docs.site_builder.pictures.boxdrawing import framed
from docs.site_builder.record import Record


def reference(identifier: str, text: str) -> str:
    """Return a cross reference for autorefs to resolve; an unknown one fails the build."""
    return f'<autoref identifier="{identifier}">{text}</autoref>'


def equation_block(equation: Equation, record: Record, level: int) -> str:
    """Return the HTML of the equation's home; its title is a heading of the given level."""
    tag = equation.tag
    math = "".join(
        notation.explain(part, equation.symbols) for part in notation.formula_parts(equation.tex)
    )
    facts = "".join(
        f"<div><dt>{term}</dt><dd>{html}</dd></div>"
        for term, html, _ in _facts(equation, record)
        if html
    )
    copy = "".join(
        f'<button type="button" class="equation-copy" data-copy="{kind.lower()}">{kind}</button> '
        for kind in ("TeX", "MathML")
    )
    return (
        f'<section class="equation" id="eq-{tag}" data-tex="{escape(equation.tex)}">'
        f'<h{level} class="equation-title" id="title-eq-{tag}">'
        f'<span class="equation-number">{equation.number}</span> {escape(equation.title)}'
        f'<span class="equation-hidden"> ({tag})</span></h{level}>'
        f'<p class="equation-hidden">{escape(equation.spoken)}. </p>'
        f'<div class="equation-line" data-search-exclude="true">'
        f'<div class="equation-math">{math}</div>'
        f'<a class="equation-tag" href="#eq-{tag}" title="Link to this equation">({tag})</a></div>'
        f"{framed(equation.boxes) if equation.boxes else ''}"
        # A search is for the equation: the names of its properties have pages of their own.
        f'<details data-search-exclude="true"><summary>{_summary(equation, record)}</summary>'
        f"<dl>{facts}{used_in(tag)}<div><dt>Copy and cite</dt><dd>"
        f'<span data-search-exclude="true">{copy}</span>{reference(f"tag-{tag}", f"t/{tag}/")}'
        "</dd></div></dl></details></section>"
    )


def equation_text(equation: Equation, record: Record) -> str:
    """Return an equation as Markdown, with all that its block says."""
    tag = equation.tag
    lines = [f"- {term}: {text}" for term, _, text in _facts(equation, record)]
    return "\n".join([
        f"**Equation {equation.number} ({tag}): {equation.title}**\n",
        f"\\[\n{equation.tex}\n\\]\n",
        *lines,
        f"- To cite it: [t/{tag}/][tag-{tag}]",
    ])  # fmt: skip


def used_in(tag: str) -> str:
    """Return what is replaced by the pages that cite the equation, once all of them are known."""
    return f'<used-in data-tag="{tag}"></used-in>'


def _summary(equation: Equation, record: Record) -> str:
    names = [one.name for one in record.testing(equation.tag)]
    code = "statement only" if equation.is_statement_only else f"<code>{equation.function}</code>"
    if not names:
        return f"{code} · by definition"
    return f"{code} {record.results.chip(names, record.results.summary(names))}"


def _facts(equation: Equation, record: Record) -> Iterator[tuple[str, str, str]]:
    """Yield what is known of an equation: the term, as HTML, and as Markdown."""
    yield "In words", f"{escape(equation.spoken)}.", f"{equation.spoken}."
    shapes = (f"{name} is {shape or 'a number'}" for name, shape in equation.symbols.items())
    yield "Shapes", notation.shape_list(equation.symbols), f"{', '.join(shapes)}."
    if equation.boxes:
        yield "As boxes", "", f"`{equation.boxes}`"
    # On the page all assumptions are one fact.
    html = "<br>".join(notation.typeset(escape(one)) for one in equation.assumes)
    for one in equation.assumes:
        yield "Holds when", html, f"{one}."
        html = ""
    name = equation.function
    if equation.is_statement_only:
        yield "Implemented by", "no function: it is a statement only", "statement only"
    else:
        yield "Implemented by", reference(name, f"<code>{name}</code>"), f"[`{name}`][{name}]"
    outcomes = (
        f"[`{one.name}`][property-{one.name}] ({record.results.outcome(one.name)})"
        for one in record.testing(equation.tag)
    )
    by_definition = f"no property, by definition: {equation.by_definition}"
    yield "Tested by", tests(equation, record), ", ".join(outcomes) or by_definition
    if equation.source:
        links = " ".join(reference(f"source-{one}", one) for one in equation.source)
        text = ", ".join(f"[{one}][source-{one}]" for one in equation.source)
        yield "Handwritten source", links, text


def tests(equation: Equation, record: Record) -> str:
    """Return the properties that test an equation, by their outcome in this build."""
    tested_by = record.testing(equation.tag)
    if not tested_by:
        return f"no property, by definition: {escape(equation.by_definition)}"
    by_outcome: dict[str, list[str]] = defaultdict(list)
    for one in tested_by:
        by_outcome[record.results.outcome(one.name)].append(one.name)
    items = ""
    if equation.restates:
        bases = ", ".join(reference(f"eq-{tag}", f"({tag})") for tag in equation.restates)
        items = f"<li>It follows from {bases}; these are tested.</li>"
    for outcome, names in by_outcome.items():
        links = ", ".join(reference(f"property-{one}", f"<code>{one}</code>") for one in names)
        items += f"<li>{record.results.chip(names, outcome)}: {links}</li>"
    conditions = f"<p>{escape(record.results.conditions)}</p>" if record.results else ""
    return f"<ul>{items}</ul>{conditions}"
