"""What the property suite found in this build, as the pages say it."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["NOT_RUN", "Results", "load"]

NOT_RUN = "not run"
_HELD = "held"
_BROKEN = "falsified"


@dataclass(frozen=True)
class Results:
    """The ledger of one run of the suite; empty where the suite did not run."""

    ledger: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.ledger)

    def status(self, name: str) -> str:
        """Whether the property held, in one word or two."""
        entry = self.ledger.get("properties", {}).get(name)
        return str(entry["status"]).replace("_", " ") if entry else NOT_RUN

    def outcome(self, name: str) -> str:
        """The status of a property, and the number of cases behind it."""
        cases = self.cases([name])
        many = f", {cases} {'case' if cases == 1 else 'cases'}" if cases else ""
        return f"{self.status(name)}{many}"

    def chip(self, names: Sequence[str], said: str) -> str:
        """Words about the outcome of properties as HTML, with a sign and a colour."""
        return f'<span class="outcome {self.kind(names)}">{said}</span>'

    def kind(self, names: Sequence[str]) -> str:
        """Whether several properties `held`, one was `broken`, or some are `open`: not run."""
        found = {self.status(name) for name in self._observable(names)}
        return "broken" if _BROKEN in found else "held" if found == {_HELD} else "open"

    def summary(self, names: Sequence[str]) -> str:
        """The outcome of several properties in a few words."""
        seen = self._observable(names)
        count = f"{len(seen)} {'property' if len(seen) == 1 else 'properties'}"
        if not self:
            return f"{count}, {NOT_RUN}"
        held = sum(self.status(name) == _HELD for name in seen)
        return f"{count} held" if held == len(seen) else f"{held} of {count} held"

    def _observable(self, names: Sequence[str]) -> list[str]:
        """Those that the reference, which is no framework's, leaves something to observe for."""
        return [name for name in names if self.status(name) != "not observable"]

    def cases(self, names: Sequence[str]) -> int:
        """How many cases were run for several properties."""
        found = self.ledger.get("properties", {})
        return sum(found[name]["cases"] for name in names if name in found)

    @property
    def build(self) -> Mapping[str, Any] | None:
        """When and with what the suite ran; None where it did not."""
        names = ("time", "seconds", "seed", "commit", "versions")
        return {name: self.ledger[name] for name in names} if self else None

    @property
    def broken(self) -> list[str]:
        """The properties that the reference did not hold."""
        return [name for name in self.ledger.get("properties", {}) if self.kind([name]) == "broken"]

    @property
    def conditions(self) -> str:
        """Time, seed and versions of the run, `""` where it did not take place."""
        if not self:
            return ""
        said = {"python": "Python", "numpy": "NumPy", "hypothesis": "Hypothesis"}
        versions = [f"{said.get(k, k)} {v}" for k, v in self.ledger["versions"].items()]
        return ", ".join([self.ledger["time"], f"seed {self.ledger['seed']}", *versions])

    def caught_by(self, name: str) -> list[Mapping[str, Any]]:
        """The known-wrong layers that a property falsified."""
        found = self.ledger.get("counterexamples", {}).values()
        return [one for one in found if one["property"] == name]

    def mistake(self, name: str) -> Mapping[str, Any] | None:
        """What this build saw of a known mistake; None where nothing was run."""
        found = self.ledger.get("mistakes", {}).get(name)
        return None if found is None or "lost" in found else found

    @property
    def lost(self) -> list[str]:
        """Of each known mistake that nothing shows any more, what to do."""
        return [
            found["lost"] for found in self.ledger.get("mistakes", {}).values() if "lost" in found
        ]

    def counterexample(self, layer: str) -> Mapping[str, Any] | None:
        """The smallest failing input of a known-wrong layer; None where nothing was run."""
        if not self:
            return None
        found: Mapping[str, Any] = self.ledger["counterexamples"][layer]
        return found


def load() -> Results:
    """Read the ledger that AFFINE_LEDGER names; without one, nothing was run."""
    path = os.environ.get("AFFINE_LEDGER")
    return Results(json.loads(Path(path).read_text(encoding="utf-8"))) if path else Results()
