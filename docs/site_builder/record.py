"""Everything the pages are made from: registry, properties, results of this build."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

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

NOT_RUN = "not run"


@dataclass(frozen=True)
class Results:
    """The ledger of one run of the suite; empty where the suite did not run."""

    ledger: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.ledger)

    def _part(self, name: str) -> Mapping[str, Any]:
        part: Mapping[str, Any] = self.ledger.get(name, {})
        return part

    def status(self, name: str) -> str:
        entry = self._part("properties").get(name)
        return str(entry["status"]).replace("_", " ") if entry else NOT_RUN

    def outcome(self, name: str) -> str:
        """The status of a property, and the number of cases behind it."""
        cases = self.cases([name])
        count = f", {cases} {'case' if cases == 1 else 'cases'}" if cases else ""
        return f"{self.status(name)}{count}"

    def chip(self, names: Sequence[str], text: str) -> str:
        """A text about the outcome of properties as HTML, with a sign and a colour."""
        return f'<span class="outcome {self.kind(names)}">{text}</span>'

    def kind(self, names: Sequence[str]) -> str:
        """Whether several properties `held`, one was `broken`, or some are `open`: not run."""
        statuses = set(self._observable(names))
        return "broken" if "falsified" in statuses else "held" if statuses == {"held"} else "open"

    def summary(self, names: Sequence[str]) -> str:
        """The outcome of several properties in a few words."""
        statuses = self._observable(names)
        count = f"{len(statuses)} {'property' if len(statuses) == 1 else 'properties'}"
        if not self:
            return f"{count}, {NOT_RUN}"
        held = statuses.count("held")
        return f"{count} held" if held == len(statuses) else f"{held} of {count} held"

    def _observable(self, names: Sequence[str]) -> list[str]:
        """The statuses, without what the reference, which is no framework's, cannot show."""
        return [status for status in map(self.status, names) if status != "not observable"]

    def cases(self, names: Sequence[str]) -> int:
        entries = self._part("properties")
        return sum(entries[name]["cases"] for name in names if name in entries)

    @property
    def failures(self) -> list[str]:
        """What fails the build: a property that the reference breaks, a mistake not shown."""
        smallest = "run make test for the smallest case"
        return [
            *(
                f"the reference breaks {name}: {smallest}"
                for name in self._part("properties")
                if self.kind([name]) == "broken"
            ),
            *(entry["lost"] for entry in self._part("mistakes").values() if "lost" in entry),
        ]

    @property
    def conditions(self) -> str:
        """Time, seed and versions of the run, `""` where it did not take place."""
        if not self:
            return ""
        names = {"python": "Python", "numpy": "NumPy", "hypothesis": "Hypothesis"}
        versions = [f"{names.get(k, k)} {v}" for k, v in self.ledger["versions"].items()]
        return ", ".join([self.ledger["time"], f"seed {self.ledger['seed']}", *versions])

    def caught_by(self, name: str) -> list[Mapping[str, Any]]:
        """The known-wrong layers that a property falsified."""
        return [one for one in self._part("counterexamples").values() if one["property"] == name]

    def mistake(self, name: str) -> Mapping[str, Any] | None:
        """What this build observed of a known mistake; None where nothing was run."""
        entry: Mapping[str, Any] | None = self._part("mistakes").get(name)
        return None if entry is None or {"lost", "needs"} & entry.keys() else entry

    def breaks(self, name: str) -> list[str] | None:
        """The equations that a known mistake breaks in one plain call; None if it was not tried."""
        entry = self.mistake(name)
        return None if entry is None else entry.get("breaks")

    def counterexample(self, layer: str) -> Mapping[str, Any] | None:
        """The smallest failing input of a known-wrong layer; None where nothing was run."""
        return self._part("counterexamples")[layer] if self else None


def load_results() -> Results:
    """Read the ledger that AFFINE_LEDGER names; without one, nothing was run."""
    path = os.environ.get("AFFINE_LEDGER")
    return Results(json.loads(Path(path).read_text(encoding="utf-8"))) if path else Results()


@dataclass(frozen=True)
class Record:
    """The registry, the properties and their results, linked in both directions."""

    equations: Mapping[str, Equation]
    statements: Mapping[str, Statement]
    corrections: Mapping[str, Correction]
    history: tuple[Event, ...]
    properties: Mapping[str, Property]
    results: Results

    def testing(self, tag: str) -> list[Property]:
        """The properties that test an equation, or what it restates."""
        tags = {tag, *(self.equations[tag].restates if tag in self.equations else ())}
        return [one for one in self.properties.values() if tags & set(one.equations)]

    def withdrawn(self) -> list[Event]:
        """The equations that were retired, as they were published."""
        gone = retired(self.history)
        return [one for one in self.history if one.kind == "published" and one.tag in gone]

    def carrying(self, statement: str) -> list[Equation]:
        return [one for one in self.equations.values() if statement in one.source]


@cache
def load() -> Record:
    return Record(EQUATIONS, STATEMENTS, CORRECTIONS, HISTORY, PROPERTIES, load_results())
