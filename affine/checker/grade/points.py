"""Points: how much each part of the layer, or each property, counts."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from affine.checker import selected
from affine.checker.search import JUDGES

DEFAULT = dict.fromkeys(JUDGES, 0.25)


class PointsError(ValueError):
    """A file does not say how many points there are; the message says what it should."""


@dataclass(frozen=True, slots=True)
class Points:
    """How many points there are for each part; a part is a result, or the name of a property."""

    of: Mapping[str, float]

    @classmethod
    def read(cls, file: Path | None, profile: str, only: tuple[str, ...]) -> "Points":
        """Return the points that a TOML file gives, those of the default where there is none.

        Raises:
            PointsError: It is not TOML, or names what the check does not run.
        """
        run = {each.name for each in selected(profile, only)}
        if file is None:
            # What is asked for alone counts alone.
            return cls({part: DEFAULT[part] for part in DEFAULT if JUDGES[part].name in run})
        try:
            parts = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise PointsError(f"{file} cannot be read: {error}; write lines: dw = 2.5") from error
        for part, points in parts.items():
            if _judge(part) not in run:
                known = f"parts are {', '.join(JUDGES)}, and the names that `affine list` prints"
                raise PointsError(f"{file}: {part} is no part of this check; {known}")
            is_number = isinstance(points, int | float) and not isinstance(points, bool)
            if not (is_number and isfinite(points) and points >= 0):
                raise PointsError(f"{file}: {part} = {points!r}; give a number, such as 2.5")
        return cls(parts)

    def earned(self, report: Mapping[str, Any]) -> dict[str, float] | None:
        """Return the points of a report for each part; None where there is no verdict.

        Examples:
            >>> wrong = {"name": "dw_is_xt_dout", "status": "falsified"}
            >>> report = {"verdict": "fail", "properties": [wrong], "findings": []}
            >>> Points(DEFAULT).earned(report)
            {'out': 0.25, 'dx': 0.25, 'dw': 0.0, 'db': 0.25}
        """
        if report["verdict"] == "error":
            return None
        lost = {each["name"] for each in report["properties"] if each["status"] == "falsified"}
        wrong = {part for each in report["findings"] for part in each["quantity"].split(", ")}
        return {
            part: 0.0 if part in wrong or _judge(part) in lost else float(points)
            for part, points in self.of.items()
        }


def _judge(part: str) -> str:
    return JUDGES[part].name if part in JUDGES else part
