"""Links from signatures into the documentation of Python, NumPy and Hypothesis, without network."""

import tomllib
from pathlib import Path

_TEXT = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")


def urls() -> dict[str, str]:
    return {
        name: f"{project['base']}{page}"
        for project in tomllib.loads(_TEXT).values()
        for name, page in project["names"].items()
    }
