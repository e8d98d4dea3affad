"""What happened to each tag: published, changed, retired.

Others cite the tags, so `history.toml`, beside this file, only grows.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Literal

__all__ = ["HISTORY", "Event", "events_of", "retired"]


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


HISTORY: tuple[Event, ...] = tuple(
    Event(**event)
    for event in tomllib.loads(
        files("affine").joinpath("history.toml").read_text(encoding="utf-8")
    )["event"]
)
"""Every event, in order of time."""


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
