"""Links from signatures into the documentation of Python, NumPy and Hypothesis, without network."""

import tomllib
from pathlib import Path
from typing import Any

_TEXT = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")


def urls() -> dict[str, str]:
    """Return the URL of each name that is documented elsewhere."""
    return {
        name: f"{project['base']}{page}"
        for project in tomllib.loads(_TEXT).values()
        for name, page in project["names"].items()
    }


def register(autorefs: Any) -> None:
    """Make the names known to cross references."""
    for name, url in urls().items():
        autorefs.register_url(name, url)
