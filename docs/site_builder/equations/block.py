"""The block of one equation: the equation first, what is known about it folded away."""

from collections import defaultdict
from collections.abc import Iterator
from html import escape

from affine.equations import Equation
from docs.site_builder.equations import symbols, tex
from docs.site_builder.equations.names import typeset
from docs.site_builder.pictures import boxdrawing
from docs.site_builder.record import Record

__all__ = ["equation_block", "picture", "reference", "tests"]


def equation_block(equation: Equation, record: Record, level: int) -> str:
    """Return the HTML of the equation's home; its title is a heading of the given level."""
    tag = equation.tag
    return (
        f'<section class="equation" id="eq-{tag}" data-tex="{escape(equation.tex)}">'
        f'<h{level} class="equation-title" id="title-eq-{tag}">'
        f'<span class="equation-number">{equation.number}</span> {escape(equation.title)}'
        f'<span class="equation-hidden"> ({tag})</span></h{level}>'
        f'<p class="equation-hidden">{escape(equation.spoken)}. </p>'
        f'<div class="equation-line" data-search-exclude="true">'
        f'<div class="equation-math">{_math(equation)}</div>'
        f'<a class="equation-tag" href="#eq-{tag}" title="Link to this equation">({tag})</a></div>'
        f"{picture(equation.boxes) if equation.boxes else ''}"
        # A search is for the equation: the names of its properties have pages of their own.
        f'<details data-search-exclude="true"><summary>{_summary(equation, record)}</summary>'
        f"<dl>{''.join(_facts(equation, record))}</dl></details></section>"
    )


def _math(equation: Equation) -> str:
    return "".join(symbols.explain(part, equation.symbols) for part in tex.parts(equation.tex))


def picture(text: str) -> str:
    """Return the boxes of `text` in a frame that scrolls where the window is narrow."""
    return f'<div class="boxes-frame">{boxdrawing.draw(text)}</div>'


def reference(identifier: str, text: str) -> str:
    """Return a cross reference for autorefs to resolve; an unknown one fails the build."""
    return f'<autoref identifier="{identifier}">{text}</autoref>'


def _summary(equation: Equation, record: Record) -> str:
    names = [found.name for found in record.testing(equation.tag)]
    code = "statement only" if equation.is_statement_only else f"<code>{equation.function}</code>"
    if not names:
        return f"{code} · by definition"
    return f"{code} {record.results.chip(names, record.results.summary(names))}"


def _facts(equation: Equation, record: Record) -> Iterator[str]:
    yield _fact("In words", escape(equation.spoken) + ".")
    yield _fact("Shapes", symbols.shape_list(equation.symbols))
    if equation.assumes:
        yield _fact("Holds when", "<br>".join(typeset(escape(one)) for one in equation.assumes))
    yield _fact("Implemented by", _function(equation))
    yield _fact("Tested by", tests(equation, record))
    if equation.source:
        links = [reference(f"source-{statement}", statement) for statement in equation.source]
        yield _fact("Handwritten source", " ".join(links))
    # Filled with the pages that cite the equation, once all of them are known.
    yield f'<used-in data-tag="{equation.tag}"></used-in>'
    yield _fact("Copy and cite", _copy_and_cite(equation.tag))


def _fact(term: str, description: str) -> str:
    return f"<div><dt>{term}</dt><dd>{description}</dd></div>"


def _function(equation: Equation) -> str:
    if equation.is_statement_only:
        return "no function: it is a statement only"
    return reference(equation.function, f"<code>{equation.function}</code>")


def tests(equation: Equation, record: Record) -> str:
    """Return the properties that test an equation, by what came of them in this build."""
    found = record.testing(equation.tag)
    if not found:
        return f"no property, by definition: {escape(equation.by_definition)}"
    by_outcome: dict[str, list[str]] = defaultdict(list)
    for one in found:
        by_outcome[record.results.outcome(one.name)].append(one.name)
    items = "".join(
        f"<li>{record.results.chip(names, outcome)}: {', '.join(map(_property, names))}</li>"
        for outcome, names in by_outcome.items()
    )
    if equation.restates:
        bases = ", ".join(reference(f"eq-{tag}", f"({tag})") for tag in equation.restates)
        items = f"<li>It follows from {bases}; these are tested.</li>{items}"
    conditions = f"<p>{escape(record.results.conditions)}</p>" if record.results else ""
    return f"<ul>{items}</ul>{conditions}"


def _property(name: str) -> str:
    return reference(f"property-{name}", f"<code>{name}</code>")


def _copy_and_cite(tag: str) -> str:
    copy = "".join(
        f'<button type="button" class="equation-copy" data-copy="{kind.lower()}">{kind}</button> '
        for kind in ("TeX", "MathML")
    )
    return f'<span data-search-exclude="true">{copy}</span>{reference(f"tag-{tag}", f"t/{tag}/")}'
