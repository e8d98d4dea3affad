"""What is not linked both ways: equations, their homes, functions, properties, statements.

Each check returns sentences; the build fails if there is any.
"""

import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from docs.site_builder.record import Record

__all__ = ["of_pages", "of_registry", "resolve"]


def of_registry(record: Record) -> list[str]:
    """Return what is wrong between equations, functions, properties and statements."""
    checks = (_functions, _tests, _restatements, _unknown_tags, _statements, _corrections)
    return [complaint for check in checks for complaint in check(record)]


def of_pages(record: Record, homes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is wrong between the equations and the pages that hold their blocks."""
    return [*_homeless(record, homes), *_unknown_blocks(record, homes)]


def _homeless(record: Record, homes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for tag in record.equations:
        pages = homes.get(tag, ())
        if not pages:
            yield f"equation ({tag}) has no home: write [[equation: {tag}]] on one page"
        elif len(pages) > 1:
            yield f"equation ({tag}) has several homes: {', '.join(pages)}; keep one block"


def _unknown_blocks(record: Record, homes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for tag, pages in homes.items():
        if tag not in record.equations:
            yield (
                f"{', '.join(pages)}: the block of ({tag}), which is no equation: enter it in "
                "affine/equations.toml, or take the block away"
            )


def _functions(record: Record) -> Iterator[str]:
    for tag, equation in record.equations.items():
        if equation.is_statement_only:
            continue
        function = resolve(equation.function)
        if function is None:
            yield (
                f"equation ({tag}): its function {equation.function} does not exist; "
                "affine/equations.toml must name what computes it"
            )
        elif f"[({tag})][eq-{tag}]" not in (inspect.getdoc(function) or ""):
            yield (
                f"{equation.function} does not cite its equation: add [({tag})][eq-{tag}] "
                "to its docstring"
            )


def resolve(dotted: str) -> Any:
    """Return what a dotted name names, None where that does not exist."""
    module, _, name = dotted.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name, None)
    except (ImportError, ValueError):
        return None


def _tests(record: Record) -> Iterator[str]:
    for tag, equation in record.equations.items():
        if not record.testing(tag) and not equation.by_definition:
            yield (
                f"equation ({tag}) has no property: name the tag in one that tests it, or say "
                "in by_definition why none can"
            )


def _restatements(record: Record) -> Iterator[str]:
    for tag, equation in record.equations.items():
        for base in equation.restates:
            if base not in record.equations:
                yield f"equation ({tag}) restates ({base}), which is no equation"
        if equation.restates and any(tag in one.equations for one in record.properties.values()):
            yield f"equation ({tag}) has a property of its own, so it needs no restates"


def _unknown_tags(record: Record) -> Iterator[str]:
    for name, found in record.properties.items():
        for tag in found.equations:
            if tag not in record.equations:
                yield f"property {name} cites ({tag}), which is no equation"


def _statements(record: Record) -> Iterator[str]:
    for id in record.statements:
        if not record.carrying(id):
            yield f"statement {id} of the handwritten source is carried by no equation"
    for tag, equation in record.equations.items():
        for id in equation.source:
            if id not in record.statements:
                yield f"equation ({tag}) names the statement {id}, which is not in the source"


def _corrections(record: Record) -> Iterator[str]:
    named = {statement.correction for statement in record.statements.values()}
    for id in sorted(named - {""} - record.corrections.keys()):
        yield f"a statement names the correction {id}, which does not exist"
    for id, correction in record.corrections.items():
        if id not in named:
            yield f"correction {id} corrects no statement"
        if correction.equation not in record.equations:
            yield f"correction {id} is bound to ({correction.equation}), which is no equation"
