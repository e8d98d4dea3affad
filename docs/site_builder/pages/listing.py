"""Equations and corrections for programs: `equations.json`, and the schema that it keeps."""

from collections.abc import Mapping
from typing import Any

from affine.equations import Correction, Equation, events_of, retired
from docs.site_builder.record import Record

__all__ = ["SCHEMA", "equations", "schema"]

SCHEMA = 1

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_DATE = {"type": "string", "format": "date"}
_MAYBE = {"type": ["string", "null"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _map(values: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_EVENT = _object(
    date=_DATE, kind={"enum": ["published", "changed", "retired"]}, tex=_TEXT, why=_TEXT
)
_RESULT = _object(status=_TEXT, cases={"type": "integer", "minimum": 0})
_CORRECTION = _object(
    id=_TEXT, date=_DATE, title=_TEXT, kind=_TEXT, tag=_TEXT, statements=_TEXTS, wrong=_TEXTS,
    right=_TEXT, text=_TEXT, counterexample={"type": ["object", "null"]},
)  # fmt: skip
_EQUATION = _object(
    tag=_TEXT, number={"type": "integer", "minimum": 1}, title=_TEXT, tex=_TEXT, spoken=_TEXT,
    symbols=_map(_TEXT), assumes=_TEXTS, function=_MAYBE, properties=_map(_RESULT),
    restates=_TEXTS, by_definition=_MAYBE, source=_TEXTS, page=_TEXT, permanent=_TEXT,
    history=_list(_EVENT),
)  # fmt: skip


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `equations.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The equations of the affine layer, with what tests them and what was found",
        **_object(
            schema={"const": SCHEMA},
            version=_TEXT,
            address=_MAYBE,
            build={"type": ["object", "null"]},
            equations=_list(_EQUATION),
            retired=_map(_list(_EVENT)),
            corrections=_list(_CORRECTION),
        ),
    }


def equations(
    record: Record, homes: Mapping[str, str], version: str, address: str
) -> dict[str, Any]:
    """Return what `equations.json` holds.

    Args:
        record: The registry and the results of this build.
        homes: The page and anchor of each tag, from the root of the site.
        version: The version of the project.
        address: The address of the site, `""` in a preview.
    """
    return {
        "schema": SCHEMA,
        "version": version,
        "address": address or None,
        "build": record.results.build,
        "equations": [_equation(one, record, homes) for one in record.equations.values()],
        "retired": {tag: _history(tag, record) for tag in retired(record.history)},
        "corrections": [_correction(one, record) for one in record.corrections.values()],
    }


def _equation(equation: Equation, record: Record, homes: Mapping[str, str]) -> dict[str, Any]:
    tag, results = equation.tag, record.results
    return {
        "tag": tag,
        "number": equation.number,
        "title": equation.title,
        "tex": equation.tex,
        "spoken": equation.spoken,
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
    return [
        {"date": str(one.date), "kind": one.kind, "tex": one.tex, "why": one.why}
        for one in events_of(tag, record.history)
    ]


def _correction(correction: Correction, record: Record) -> dict[str, Any]:
    wrong = [one for one in record.statements.values() if one.correction == correction.id]
    return {
        "id": correction.id,
        "date": str(correction.date),
        "title": correction.title,
        "kind": correction.kind,
        "tag": correction.equation,
        "statements": [one.id for one in wrong],
        "wrong": [one.tex or one.says for one in wrong],
        "right": record.equations[correction.equation].tex,
        "text": correction.text,
        "counterexample": record.results.counterexample(correction.layer),
    }
