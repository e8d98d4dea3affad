"""The page of one property, and the list of what each one catches."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from affine.checker.report.snippet import REPLAYS
from affine.properties import Property
from docs.site_builder.equations.names import typeset
from docs.site_builder.record import Record

__all__ = ["catches", "property_page"]


def property_page(found: Property, record: Record) -> str:
    """Return the page as Markdown."""
    return "\n\n".join(
        ["---\nsearch:\n  exclude: true\nhide:\n  - toc\n---", *_parts(found, record)]
    )


def _parts(found: Property, record: Record) -> Iterator[str]:
    tested = ", ".join(f"[({tag})][eq-{tag}]" for tag in found.equations)
    yield f"# `{found.name}` {{#p-{found.name}}}"
    yield typeset(found.doc)
    yield f"It tests {tested}, and catches {typeset(found.catches)}."
    yield f"On the reference, in this build: {record.results.outcome(found.name)}."
    yield f"```console\n$ affine check my_layer.py --only {found.name}\n```"
    caught = record.results.caught_by(found.name)
    if caught:
        yield "## Wrong layers that it caught in this build"
        yield "\n".join(f"- {_told(one)}" for one in caught)
    source = inspect.getsource(found.check)
    yield f"## Source\n\n```python\n{source[source.index('def ') :].rstrip()}\n```"
    if found.name in REPLAYS:
        yield "## To reproduce a failure"
        yield "A report ends with code that sets up its case. Then come:"
        yield f"```python\n{REPLAYS[found.name]}\n```"
    yield f"It stands among [all properties][property-{found.name}]."


def _told(one: Mapping[str, Any]) -> str:
    alone = ", as no other property does" if one.get("only") else ""
    return f"{typeset(one['mistake'])}{alone}: `{one['message']}`"


def catches(record: Record) -> str:
    """Return, for each property, the wrong layers that it caught in this build."""
    if not record.results:
        return '!!! note "Not run"\n\n    The wrong layers were not checked for this build.'
    rows = "\n".join(
        f"| [`{name}`][p-{name}] | {'; '.join(_caught(name, record))} |"
        for name in record.properties
    )
    return f"| Property | Wrong layers that it caught in this build |\n|---|---|\n{rows}"


def _caught(name: str, record: Record) -> Iterator[str]:
    """Yield the wrong layers; in bold, and first, those that no other property catches."""
    caught = record.results.caught_by(name)
    for one in sorted(caught, key=lambda one: not one.get("only")):
        mistake = typeset(one["mistake"]).replace("|", r"\|")
        yield f"**{mistake}**" if one.get("only") else mistake
