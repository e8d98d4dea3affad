"""Numbers that `make bench` measured: docs/measured/*.json, with date, versions and machine."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[2] / "measured"

Row = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    date: str
    versions: dict[str, str]
    machine: str
    rows: list[Row]

    @property
    def origin(self) -> str:
        """When, with what and where the numbers were measured."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"stored by make bench on {self.date}, with {versions}, on {self.machine}"


def load(name: str) -> Measured:
    return Measured(**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def table(name: str) -> str:
    """Return what a benchmark stored as a table in Markdown, with where it comes from."""
    measured = load(name)
    columns = list(measured.rows[0])
    lines = [columns, ["--:" if column != columns[0] else "---" for column in columns]]
    lines += [[_shown(row[column]) for column in columns] for row in measured.rows]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\n{measured.origin[:1].upper()}{measured.origin[1:]}.\n"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def store(name: str, rows: Sequence[Row]) -> None:
    measured = Measured(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        versions={"Python": platform.python_version(), "NumPy": np.__version__},
        machine=f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        rows=list(rows),
    )
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(asdict(measured), indent=1) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
