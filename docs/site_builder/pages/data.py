"""What is known of all equations, for programs: `equations.json`; and their changes, as a page."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from affine.equations import Correction, Equation, events_of, retired
from docs.site_builder.citation.citations import TEXT_LICENCE
from docs.site_builder.record import Record

SCHEMA = 1  # docs/schema/equations-1.json


def equations(record: Record, homes: Mapping[str, str], version: str, url: str) -> dict[str, Any]:
    """Return what `equations.json` holds; `homes` are the page and anchor of each tag."""
    names = ("time", "seconds", "seed", "commit", "versions")
    return {
        "schema": SCHEMA,
        "version": version,
        "address": url or None,
        "license": TEXT_LICENCE,
        "build": {name: record.results.ledger[name] for name in names} if record.results else None,
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


def changes(record: Record) -> str:
    """Return every change day by day, the latest first, as Markdown."""
    events = [(one.date, one.kind, one.tag, one.why) for one in record.history]
    events += [
        (one.date, "corrected", one.equation, f"In the handwritten source: {one.title}.")
        for one in record.corrections.values()
    ]
    events.sort(key=lambda one: one[0], reverse=True)
    parts = []
    for day, of_day in groupby(events, key=lambda one: one[0]):
        published, lines = [], []
        for _, kind, tag, why in of_day:
            link = f"[({tag})][tag-{tag}]"
            if kind == "published":
                published.append(link)
            else:
                lines.append(f"- {link} {kind}. {why}")
        if published:
            lines.append(f"- Published: {', '.join(published)}.")
        parts.append("\n".join([f"## {day}\n", *lines]))
    return "\n\n".join(parts)
