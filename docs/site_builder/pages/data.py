"""What the site says to programs: `equations.json`, and what changed, in a feed.

The changes are a page for readers, too.
"""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from affine.equations import Correction, Equation, events_of, retired
from docs.site_builder.citation.citations import TEXT_LICENCE
from docs.site_builder.record import Record

SCHEMA = 1  # docs/schema/equations-1.json


def equations(record: Record, homes: Mapping[str, str], version: str, url: str) -> dict[str, Any]:
    """Return what `equations.json` holds; `homes` are the page and anchor of each tag."""
    return {
        "schema": SCHEMA,
        "version": version,
        "address": url or None,
        "license": TEXT_LICENCE,
        "build": record.results.build,
        "equations": [_equation(one, record, homes) for one in record.equations.values()],
        "retired": {tag: _history(tag, record) for tag in retired(record.history)},
        "corrections": [_correction(one, record) for one in record.corrections.values()],
    }


def _texts(source: Any, *names: str) -> dict[str, str]:
    return {name: str(getattr(source, name)) for name in names}


def _equation(equation: Equation, record: Record, homes: Mapping[str, str]) -> dict[str, Any]:
    tag, results = equation.tag, record.results
    return {
        "tag": tag,
        "number": equation.number,
        **_texts(equation, "title", "tex", "spoken"),
        "symbols": dict(equation.symbols),
        "assumes": list(equation.assumes),
        "function": None if equation.is_statement_only else equation.function,
        "properties": {
            one.name: {"status": results.status(one.name), "cases": results.cases([one.name])}
            for one in record.testing(tag)
        },
        "restates": list(equation.restates),
        "by_definition": equation.by_definition or None,
        "source": list(equation.source),
        "page": homes[tag],
        "permanent": f"t/{tag}/",
        "history": _history(tag, record),
    }


def _history(tag: str, record: Record) -> list[dict[str, str]]:
    return [_texts(one, "date", "kind", "tex", "why") for one in events_of(tag, record.history)]


def _correction(correction: Correction, record: Record) -> dict[str, Any]:
    wrong = [one for one in record.statements.values() if one.correction == correction.id]
    return {
        **_texts(correction, "id", "date", "title", "kind"),
        "tag": correction.equation,
        "statements": [one.id for one in wrong],
        "wrong": [one.tex or one.says for one in wrong],
        "right": record.equations[correction.equation].tex,
        "text": correction.text,
        "counterexample": record.results.counterexample(correction.layer),
    }


_ATOM = "http://www.w3.org/2005/Atom"


class Change(NamedTuple):
    """One thing that happened to an equation or to the handwritten source."""

    date: date
    kind: str
    tag: str
    why: str


def _changes(record: Record) -> list[Change]:
    """Return every change, the latest first; of one day, in reading order."""
    all_changes = [Change(one.date, one.kind, one.tag, one.why) for one in record.history]
    all_changes += [
        Change(one.date, "corrected", one.equation, f"In the handwritten source: {one.title}.")
        for one in record.corrections.values()
    ]
    return sorted(all_changes, key=lambda one: one.date, reverse=True)


def changes(record: Record) -> str:
    """Return the changes day by day, as Markdown."""
    parts = []
    for day, changes in groupby(_changes(record), key=lambda one: one.date):
        published, lines = [], []
        for one in changes:
            tag = f"[({one.tag})][tag-{one.tag}]"
            if one.kind == "published":
                published.append(tag)
            else:
                lines.append(f"- {tag} {one.kind}. {one.why}")
        if published:
            lines.append(f"- Published: {', '.join(published)}.")
        parts.append("\n".join([f"## {day}\n", *lines]))
    return "\n\n".join(parts)


def feed(record: Record, title: str, url: str) -> str:
    """Return the changes as an Atom feed, for those who cite; the site's URL ends with a slash."""
    register_namespace("", _ATOM)
    root = Element(f"{{{_ATOM}}}feed")
    latest_first = _changes(record)
    _describe(root, "affine/changes", f"{title}: changes of equations", latest_first[0].date, url)
    SubElement(root, f"{{{_ATOM}}}link", rel="self", href=f"{url}changes.xml")
    author = SubElement(root, f"{{{_ATOM}}}author")
    SubElement(author, f"{{{_ATOM}}}name").text = title
    for one in latest_first:
        entry = SubElement(root, f"{{{_ATOM}}}entry")
        name = f"affine/t/{one.tag}/{one.date}/{one.kind}/{one.why}"
        _describe(entry, name, f"({one.tag}) {one.kind}", one.date, f"{url}t/{one.tag}/")
        SubElement(entry, f"{{{_ATOM}}}summary").text = one.why or "A new equation."
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _describe(parent: Element, name: str, title: str, day: date, url: str) -> None:
    """Add what a feed and its entries have in common; the id stays where the site moves."""
    SubElement(parent, f"{{{_ATOM}}}id").text = uuid5(NAMESPACE_URL, name).urn
    SubElement(parent, f"{{{_ATOM}}}title").text = title
    SubElement(parent, f"{{{_ATOM}}}updated").text = f"{day}T00:00:00Z"
    SubElement(parent, f"{{{_ATOM}}}link", href=url or "./")
