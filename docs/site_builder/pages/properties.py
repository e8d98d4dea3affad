"""Pages about the properties: the list of them, one each, and what each one catches."""

import inspect
import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from affine.checker.report.snippet import REPLAYS
from affine.properties import Property
from docs.site_builder.equations.notation import typeset
from docs.site_builder.record import Record

# The headings of the groups that are not called by their name.
HEADINGS = {
    "value": "Values",
    "batch": "The batch",
    "contract": "The contract",
    "special": "Special values",
}


def citations(tags: Iterable[str]) -> str:
    return ", ".join(f"[({tag})][eq-{tag}]" for tag in tags)


def described(text: str) -> str:
    """Return the line of a page's front matter that describes the page to search engines."""
    return f"description: {json.dumps(' '.join(text.split()), ensure_ascii=False)}"


def properties(record: Record) -> str:
    """Return every property, group by group, after the conditions of this build."""
    parts = [this_build(record)]
    for group, members in groupby(record.properties.values(), key=lambda one: one.group):
        parts.append(f"## {HEADINGS.get(group, group.capitalize())}")
        for one in members:
            outcome = record.results.chip([one.name], record.results.outcome(one.name))
            tested = f"tests {citations(one.equations)}"
            facts = f"{outcome} · {one.profile} · {tested} · [source][p-{one.name}]"
            parts += [
                f"### `{one.name}` {{#property-{one.name}}}",
                typeset(one.doc),
                f"Catches {typeset(one.catches)}.",
                f'<p class="property-facts" markdown="1">{facts}</p>',
            ]
    return "\n\n".join(filter(None, parts))


def this_build(record: Record) -> str:
    """Say what was run for this build, and on which shapes."""
    if not record.results:
        return '!!! note "Not run"\n\n    The property suite was not run for this build.'
    shares = "".join(
        f"\n    - {name}: {share:.0%} of the shapes"
        for name, share in record.results.ledger["shares"].items()
    )
    return (
        f'!!! note "This build"\n\n    {record.results.summary(list(record.properties))}; '
        f"{record.results.conditions}.\n{shares}"
    )


def catches(record: Record) -> str:
    """Return, for each property, the wrong layers that it caught in this build."""
    if not record.results:
        return '!!! note "Not run"\n\n    The wrong layers were not checked for this build.'
    rows = ["| Property | Wrong layers that it caught in this build |", "|---|---|"]
    for name in record.properties:
        caught = record.results.caught_by(name)
        mistakes = "; ".join(typeset(one["mistake"]).replace("|", r"\|") for one in caught)
        rows.append(f"| [`{name}`][p-{name}] | {mistakes} |")
    return "\n".join(rows)


def property_page(one: Property, record: Record) -> str:
    return "\n\n".join(
        [
            f"---\n{described(f'Property {one.name}. {one.doc}')}\nsearch:\n  exclude: true\n"
            "hide:\n  - toc\n---",
            *_sections(one, record),
        ]
    )


def _sections(one: Property, record: Record) -> Iterator[str]:
    yield f"# `{one.name}` {{#p-{one.name}}}"
    yield typeset(one.doc)
    yield f"It tests {citations(one.equations)}, and catches {typeset(one.catches)}."
    yield f"On the reference, in this build: {record.results.outcome(one.name)}."
    yield f"```console\n$ affine check my_layer.py --only {one.name}\n```"
    yield "[Install and begin][install-affine] says how to get the command."
    if caught := record.results.caught_by(one.name):
        yield "## Wrong layers that it caught in this build"
        yield "\n".join(f"- {typeset(layer['mistake'])}: `{layer['message']}`" for layer in caught)
    source = inspect.getsource(one.check)
    yield f"## Source\n\n```python\n{source[source.index('def ') :].rstrip()}\n```"
    if one.name in REPLAYS:
        yield "## To reproduce a failure"
        yield "A report ends with code that sets up its case. Then come:"
        yield f"```python\n{REPLAYS[one.name]}\n```"
    yield f"It is one of [all properties][property-{one.name}]."
