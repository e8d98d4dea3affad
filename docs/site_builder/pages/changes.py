"""What changed in which equation: a page, and a feed for those who cite them."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from docs.site_builder.record import Record

__all__ = ["changes", "feed"]

_ATOM = "http://www.w3.org/2005/Atom"


class _Change(NamedTuple):
    date: date
    kind: str
    tag: str
    why: str


def _all(record: Record) -> list[_Change]:
    """Return every change, the latest first; of one day, in reading order."""
    found = [_Change(one.date, one.kind, one.tag, one.why) for one in record.history]
    found += [
        _Change(one.date, "corrected", one.equation, f"In the handwritten source: {one.title}.")
        for one in record.corrections.values()
    ]
    return sorted(found, key=lambda one: one.date, reverse=True)


def changes(record: Record) -> str:
    """Return the changes day by day, as Markdown."""
    days = groupby(_all(record), key=lambda one: one.date)
    return "\n\n".join(f"## {day}\n\n" + "\n".join(_told(list(found))) for day, found in days)


def _told(found: list[_Change]) -> Iterator[str]:
    published = [one for one in found if one.kind == "published"]
    for one in found:
        if one.kind != "published":
            yield f"- [({one.tag})][tag-{one.tag}] {one.kind}. {one.why}"
    if published:
        yield f"- Published: {', '.join(f'[({one.tag})][tag-{one.tag}]' for one in published)}."


def feed(record: Record, title: str, address: str) -> str:
    """Return the changes as an Atom feed; the address of the site ends with a slash."""
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    found = _all(record)
    _entry(root, "affine/changes", f"{title}: changes of equations", found[0].date, address)
    ElementTree.SubElement(root, f"{{{_ATOM}}}link", rel="self", href=f"{address}changes.xml")
    author = ElementTree.SubElement(root, f"{{{_ATOM}}}author")
    ElementTree.SubElement(author, f"{{{_ATOM}}}name").text = title
    for one in found:
        entry = ElementTree.SubElement(root, f"{{{_ATOM}}}entry")
        name = f"affine/t/{one.tag}/{one.date}/{one.kind}/{one.why}"
        _entry(entry, name, f"({one.tag}) {one.kind}", one.date, f"{address}t/{one.tag}/")
        ElementTree.SubElement(entry, f"{{{_ATOM}}}summary").text = one.why or "A new equation."
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _entry(parent: ElementTree.Element, name: str, title: str, day: date, address: str) -> None:
    """Add what a feed and its entries have in common; the id stays where the site moves."""
    ElementTree.SubElement(parent, f"{{{_ATOM}}}id").text = uuid5(NAMESPACE_URL, name).urn
    ElementTree.SubElement(parent, f"{{{_ATOM}}}title").text = title
    ElementTree.SubElement(parent, f"{{{_ATOM}}}updated").text = f"{day}T00:00:00Z"
    ElementTree.SubElement(parent, f"{{{_ATOM}}}link", href=address or "./")
