"""The page of one tag: all that is known of an equation, at an address that stays."""

import inspect
from collections.abc import Iterator
from itertools import pairwise
from textwrap import indent

from affine.checker.diagnosis import MISTAKES
from affine.equations import Equation, Event, events_of
from docs.site_builder.citation import versions
from docs.site_builder.citation.citations import Citation
from docs.site_builder.equations import crossref_checks, symbols
from docs.site_builder.equations.block import reference, tests
from docs.site_builder.equations.names import typeset
from docs.site_builder.pages.citepage import formats
from docs.site_builder.record import Record

__all__ = ["retired_page", "tag_page"]

_HEAD = "---\nsearch:\n  exclude: true\nhide:\n  - toc\n---"


def tag_page(equation: Equation, record: Record, cited: Citation) -> str:
    """Return the page as Markdown."""
    sections = {
        "Computed by": _function(equation),
        "Tested by": f'<div class="tested">{tests(equation, record)}</div>',
        "Mistakes that break it": _mistakes(equation),
        "Referred to by": _referred(equation),
        "Corrections": _corrections(equation, record),
        "History": f"{_history(events_of(equation.tag, record.history))}\n\n{versions.PLACE}",
        "Cite this equation": formats(cited),
    }
    told = (f"## {title}\n\n{text}" for title, text in sections.items() if text)
    return "\n\n".join([_HEAD, *_statement(equation), *told]) + "\n"


def retired_page(tag: str, record: Record, cited: Citation) -> str:
    """Return the page of an equation that was withdrawn: it says why, and what it was."""
    events = events_of(tag, record.history)
    first, last = events[0], events[-1]
    tex = [one.tex for one in events if one.tex][-1]
    return "\n\n".join([
        _HEAD,
        f"# {first.title} {{#tag-{tag}}}",
        f'!!! warning "Retired on {last.date}"\n\n    {last.why}',
        f"The equation ({tag}) was\n\n\\[\n{tex}\n\\]",
        f"## History\n\n{_history(events)}\n\n{versions.PLACE}",
        f"## Cite this equation\n\n{formats(cited)}",
    ]) + "\n"  # fmt: skip


def _statement(equation: Equation) -> Iterator[str]:
    tag = equation.tag
    yield f"# {equation.title} {{#tag-{tag}}}"
    yield (
        f"Equation ({tag}), number {equation.number}: {equation.spoken}. It is derived at "
        f"[{equation.title}][eq-{tag}]."
    )
    yield f"\\[\n{equation.tex}\n\\]"
    if equation.boxes:
        yield f"[[boxes of: {tag}]]"
    yield f'<p class="equation-shapes">{symbols.shape_list(equation.symbols)}</p>'
    if equation.assumes:
        yield "It holds when\n\n" + "\n".join(f"- {typeset(one)}" for one in equation.assumes)


def _function(equation: Equation) -> str:
    if equation.is_statement_only:
        return "No function: it is a statement only."
    function = crossref_checks.resolve(equation.function)
    title = f"{function.__module__.replace('.', '/')}.py"
    code = f'```python title="{title}"\n{inspect.getsource(function).rstrip()}\n```'
    # No cross reference: the function's own page need not list every tag page that names it.
    link = f"[`{equation.function}`](../../reference/api.md#{equation.function})"
    return f'{link}\n\n??? note "Its source"\n\n{indent(code, "    ")}'


def _mistakes(equation: Equation) -> str:
    found = [one for one in MISTAKES.values() if one.equation == equation.tag]
    return "\n".join(
        f"- [{typeset(one.title)}][mistake-{one.name}]: `{one.formula}`"
        if "\n" not in one.formula.strip()
        else f"- [{typeset(one.title)}][mistake-{one.name}]"
        for one in found
    )


def _referred(equation: Equation) -> str:
    source = " ".join(reference(f"source-{one}", one) for one in equation.source)
    handwritten = f"<div><dt>Handwritten source</dt><dd>{source}</dd></div>" if source else ""
    # Filled with the pages that cite the equation, once all of them are known.
    used = f'<used-in data-tag="{equation.tag}"></used-in>'
    return f'<dl class="equation-facts">{handwritten}{used}</dl>'


def _corrections(equation: Equation, record: Record) -> str:
    return "\n".join(
        f"- {one.date}: [{one.title}][correction-{one.id}], in the handwritten source"
        for one in record.corrections.values()
        if one.equation == equation.tag
    )


def _history(events: list[Event]) -> str:
    first, *later = events
    told = [f"- {first.date}: published."]
    for before, event in pairwise([first, *later]):
        until = f"\n\n    Until then:\n\n    \\[\n    {before.tex}\n    \\]" if event.tex else ""
        told.append(f"- {event.date}: {event.kind}. {event.why}{until}")
    return "\n".join(told)
