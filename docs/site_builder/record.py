"""Everything the pages are made from: registry, properties, results of this build."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from affine.equations import (
    CORRECTIONS,
    EQUATIONS,
    HISTORY,
    STATEMENTS,
    Correction,
    Equation,
    Event,
    Statement,
    retired,
)
from affine.properties import PROPERTIES, Property
from docs.site_builder.suite import results

__all__ = ["Record", "load"]


@dataclass(frozen=True)
class Record:
    """The registry, the properties and their results, linked in both directions."""

    equations: Mapping[str, Equation]
    statements: Mapping[str, Statement]
    corrections: Mapping[str, Correction]
    history: tuple[Event, ...]
    properties: Mapping[str, Property]
    results: results.Results

    def testing(self, tag: str) -> list[Property]:
        """The properties that test an equation, or what it restates."""
        tags = {tag, *(self.equations[tag].restates if tag in self.equations else ())}
        return [found for found in self.properties.values() if tags & set(found.equations)]

    def withdrawn(self) -> list[Event]:
        """The equations that were retired, as they were published."""
        gone = retired(self.history)
        return [one for one in self.history if one.kind == "published" and one.tag in gone]

    def carrying(self, statement: str) -> list[Equation]:
        """The equations that carry a statement of the handwritten source."""
        return [found for found in self.equations.values() if statement in found.source]


@cache
def load() -> Record:
    """Return the record of this build."""
    return Record(EQUATIONS, STATEMENTS, CORRECTIONS, HISTORY, PROPERTIES, results.load())
