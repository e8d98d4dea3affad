"""What the registry owes its readers: nothing without its counterpart, and tags that stay.

Each check returns sentences that say what to do; the build fails if there is any.
"""

import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from affine.equations import events_of, retired
from docs.site_builder.record import Record

_HISTORY = "affine/history.toml"


def of_registry(record: Record) -> list[str]:
    """Return what is wrong between equations, functions, properties and statements."""
    return [*_functions(record), *_tests(record), *_source(record)]


def of_history(record: Record) -> list[str]:
    """Return where the registry breaks a promise about its tags."""
    return [*_tags(record), *_events(record)]


def resolve(dotted: str) -> Any:
    """Return what a dotted name names, None where that does not exist."""
    module, _, name = dotted.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name, None)
    except (ImportError, ValueError):
        return None


def of_pages(record: Record, homes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is wrong between the equations and the pages that hold their blocks."""
    complaints = []
    for tag in record.equations:
        pages = homes.get(tag, ())
        if not pages:
            complaints.append(
                f"equation ({tag}) has no home: write [[equation: {tag}]] on one page"
            )
        elif len(pages) > 1:
            several = ", ".join(pages)
            complaints.append(f"equation ({tag}) has several homes: {several}; keep one block")
    unknown = homes.keys() - record.equations.keys()
    return complaints + [
        f"{', '.join(homes[tag])}: the block of ({tag}), which is not an equation: enter it in "
        "affine/equations.toml, or take the block away"
        for tag in unknown
    ]


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


def _tests(record: Record) -> Iterator[str]:
    for tag, equation in record.equations.items():
        if not record.testing(tag) and not equation.by_definition:
            yield (
                f"equation ({tag}) has no property: name the tag in one that tests it, or say "
                "in by_definition why none can"
            )
        for base in equation.restates:
            if base not in record.equations:
                yield f"equation ({tag}) restates ({base}), which is not an equation"
        if equation.restates and any(tag in one.equations for one in record.properties.values()):
            yield f"equation ({tag}) has a property of its own, so it needs no restates"
    for name, tested in record.properties.items():
        for tag in tested.equations:
            if tag not in record.equations:
                yield f"property {name} cites ({tag}), which is not an equation"


def _source(record: Record) -> Iterator[str]:
    for id in record.statements:
        if not record.carrying(id):
            yield f"statement {id} of the handwritten source is carried by no equation"
    for tag, equation in record.equations.items():
        for id in equation.source:
            if id not in record.statements:
                yield f"equation ({tag}) names the statement {id}, which is not in the source"
    named = {statement.correction for statement in record.statements.values()}
    for id in sorted(named - {""} - record.corrections.keys()):
        yield f"a statement names the correction {id}, which does not exist"
    for id, correction in record.corrections.items():
        if id not in named:
            yield f"correction {id} corrects no statement"
        if correction.equation not in record.equations:
            yield f"correction {id} is bound to ({correction.equation}), which is not an equation"


def _tags(record: Record) -> Iterator[str]:
    """Every tag that was published is in the registry or retired, and no other is."""
    published = {event.tag: event for event in record.history if event.kind == "published"}
    gone = retired(record.history)
    for tag, event in published.items():
        if tag not in record.equations and tag not in gone:
            yield (
                f"the tag ({tag}), public since {event.date}, has left the registry: give the "
                f"equation its tag back, or retire the tag in {_HISTORY} with a sentence that "
                "says why"
            )
    for tag in record.equations.keys() - published.keys():
        yield (
            f"equation ({tag}) is not public yet: is the tag the one to keep for good? Then add an "
            f"event to {_HISTORY} with kind published, date, tag, title and tex"
        )
    for tag, event in gone.items():
        if tag in record.equations:
            yield f"the tag ({tag}) was retired on {event.date} and is used again: choose another"
        if not event.why:
            yield f"the tag ({tag}) was retired without a sentence: say why in {_HISTORY}"


def _events(record: Record) -> Iterator[str]:
    """A change that a reader can see has an event, and the events are in order."""
    for tag, equation in record.equations.items():
        written = [event.tex for event in events_of(tag, record.history) if event.tex]
        if written and written[-1].split() != equation.tex.split():
            yield (
                f"the TeX of ({tag}) changed: add an event to {_HISTORY} with kind changed, date, "
                "tag, tex, and why, which says what the change means to a reader"
            )
    for earlier, later in pairwise(record.history):
        if later.date < earlier.date:
            yield f"{_HISTORY}: the event of ({later.tag}) on {later.date} stands after a later one"
    for tag in {event.tag: None for event in record.history}:
        kinds = [event.kind for event in events_of(tag, record.history)]
        if kinds[0] != "published" or "published" in kinds[1:] or "retired" in kinds[:-1]:
            yield (
                f"{_HISTORY}: the events of ({tag}) are {', '.join(kinds)}; a tag is published "
                "once, first, and nothing follows when it is retired"
            )
