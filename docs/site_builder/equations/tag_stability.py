"""What was published stays: the registry against the history of its tags.

Each check returns sentences that say what to do; the build fails if there is any.
"""

from collections.abc import Iterator
from itertools import pairwise

from affine.equations import Event, events_of, retired
from docs.site_builder.record import Record

__all__ = ["broken"]

_HISTORY = "affine/history.toml"


def broken(record: Record) -> list[str]:
    """Return where the registry breaks a promise about its tags."""
    checks = (_kept, _new, _never_again, _told, _in_order)
    return [complaint for check in checks for complaint in check(record)]


def _public(record: Record) -> dict[str, Event]:
    return {event.tag: event for event in record.history if event.kind == "published"}


def _kept(record: Record) -> Iterator[str]:
    for tag, event in _public(record).items():
        if tag not in record.equations and tag not in retired(record.history):
            yield (
                f"the tag ({tag}), public since {event.date}, has left the registry: give the "
                f"equation its tag back, or retire the tag in {_HISTORY} with a sentence that "
                "says why"
            )


def _new(record: Record) -> Iterator[str]:
    for tag in record.equations.keys() - _public(record).keys():
        yield (
            f"equation ({tag}) is not public yet: is the tag the one to keep for good? Then add an "
            f"event to {_HISTORY} with kind published, date, tag, title and tex"
        )


def _never_again(record: Record) -> Iterator[str]:
    for tag, event in retired(record.history).items():
        if tag in record.equations:
            yield f"the tag ({tag}) was retired on {event.date} and is used again: choose another"
        if not event.why:
            yield f"the tag ({tag}) was retired without a sentence: say why in {_HISTORY}"


def _told(record: Record) -> Iterator[str]:
    """A change that a reader can see is told."""
    for tag, equation in record.equations.items():
        written = [event.tex for event in events_of(tag, record.history) if event.tex]
        if written and written[-1].split() != equation.tex.split():
            yield (
                f"the TeX of ({tag}) changed: add an event to {_HISTORY} with kind changed, date, "
                "tag, tex, and why, which says what the change means to a reader"
            )


def _in_order(record: Record) -> Iterator[str]:
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
