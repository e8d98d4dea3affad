"""The registry: every displayed equation under a permanent tag, and the history of the tags.

Site, docstrings, properties and tests meet in the tag. The data are in `equations.toml`,
`handwritten.toml` and `history.toml`, beside this file; the last only grows.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Literal

__all__ = [
    "CORRECTIONS", "EQUATIONS", "HISTORY", "STATEMENTS", "Correction", "Equation", "Event",
    "Statement", "events_of", "retired",
]  # fmt: skip

STATEMENT_ONLY = "statement only"


@dataclass(frozen=True, slots=True)
class Equation:
    """One displayed equation, as the site, the properties and the docstrings cite it.

    Attributes:
        number: Its place in reading order, from 1. Numbers may change; cite the tag.
        tag: Its permanent name, such as `dw`.
        title: A few words that a search finds.
        tex: The equation in TeX.
        plain: The equation in plain text, for readers who see no typeset mathematics.
        spoken: The sentence to say aloud.
        symbols: Each symbol with its shape; a number has the shape `""`.
        boxes: The shapes as a picture, `name[side,side]`; `""` where there is none.
        assumes: When it holds, beyond the shapes.
        function: Dotted name of what computes it, or `"statement only"`.
        by_definition: Why no property tests it; `""` where one does.
        restates: Tags of the equations that it follows from. Their properties test it, and
            `tests/test_restatements.py` that it follows.
        source: Statements of the handwritten derivation that it comes from.

    Examples:
        >>> EQUATIONS["dw"].spoken
        'd W equals X transposed times d out'
        >>> EQUATIONS["dw"].symbols["dW"]
        'D×M'
    """

    number: int
    tag: str
    title: str
    tex: str
    plain: str
    spoken: str
    symbols: Mapping[str, str]
    function: str
    source: tuple[str, ...]
    boxes: str = ""
    assumes: tuple[str, ...] = ()
    by_definition: str = ""
    restates: tuple[str, ...] = ()

    @property
    def is_statement_only(self) -> bool:
        """Whether no function of the package computes it.

        Examples:
            >>> EQUATIONS["dw"].is_statement_only, EQUATIONS["chain"].is_statement_only
            (False, True)
        """
        return self.function == STATEMENT_ONLY


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the handwritten derivation, in its own notation.

    Attributes:
        id: Its place in the source, `S1` to `S20`.
        section: The part of the source that it stands in.
        says: Its words where it is quoted, and else what it states, in ours.
        tex: Its formula in TeX; `""` where it has none.
        boxes: The shapes that the source draws beside it, as in `Equation`.
        quoted: Whether `says` has its own words.
        correction: The correction that it needs, if any.

    Examples:
        >>> STATEMENTS["S15"].says, STATEMENTS["S15"].correction
        ('take average', 'average')
    """

    id: str
    section: str
    says: str
    tex: str = ""
    boxes: str = ""
    quoted: bool = False
    correction: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """Where the handwritten derivation slips, bound to the equation that holds.

    Attributes:
        id: Its name, which a statement cites.
        date: When it was published.
        title: The slip in one line.
        equation: Tag of the equation that holds instead.
        kind: `slip`, `convention` or `notation`.
        text: What is wrong and what is right.
        layer: A known-wrong layer that makes the same slip.

    Examples:
        >>> CORRECTIONS["db-shape"].equation
        'db'
    """

    id: str
    date: date
    title: str
    equation: str
    kind: str
    text: str
    layer: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a tag.

    Attributes:
        kind: What happened.
        date: When.
        tag: To which equation.
        title: Its title when it was published; `""` for other events.
        tex: Its TeX from then on; `""` where it was retired.
        why: What a change means to a reader, or why it was retired and what holds instead.

    Examples:
        >>> HISTORY[0].kind, HISTORY[0].tag
        ('published', 'out')
    """

    kind: Literal["published", "changed", "retired"]
    date: date
    tag: str
    title: str = ""
    tex: str = ""
    why: str = ""


def _load(name: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(files("affine").joinpath(name).read_text(encoding="utf-8"))


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


_handwritten = _load("handwritten.toml")

EQUATIONS: Mapping[str, Equation] = {
    entry["tag"]: Equation(number=number, **_tuples(entry))
    for number, entry in enumerate(_load("equations.toml")["equation"], start=1)
}
"""Every equation by tag, in reading order."""

STATEMENTS: Mapping[str, Statement] = {s["id"]: Statement(**s) for s in _handwritten["statement"]}
"""Every statement of the handwritten derivation by id, in its order."""

CORRECTIONS: Mapping[str, Correction] = {
    c["id"]: Correction(**c) for c in _handwritten["correction"]
}
"""Every correction by id."""

HISTORY: tuple[Event, ...] = tuple(Event(**event) for event in _load("history.toml")["event"])
"""Everything that happened to a tag, in order of time."""


def events_of(tag: str, history: Iterable[Event] = HISTORY) -> list[Event]:
    """Return what happened to a tag, in order of time.

    Examples:
        >>> [event.kind for event in events_of("mean-loss")]
        ['published', 'changed']
    """
    return [event for event in history if event.tag == tag]


def retired(history: Iterable[Event] = HISTORY) -> Mapping[str, Event]:
    """Return the events that retired a tag, by tag.

    Examples:
        >>> retired([Event("retired", date(2030, 1, 1), "old", why="Said by (dw).")])["old"].why
        'Said by (dw).'
    """
    return {event.tag: event for event in history if event.kind == "retired"}
