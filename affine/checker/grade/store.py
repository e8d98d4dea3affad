"""Results on disk, by the key of their job: what is there is not judged again."""

import json
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from affine.checker.grade.pool import Result


class Store:
    """A folder with a file for each result; a file is there as a whole, or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Result | None:
        """Return a result, None if there is none."""
        try:
            result: Result = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return result if result.keys() == {"report", "html"} else None

    def put(self, key: str, result: Mapping[str, object]) -> None:
        """Keep a result."""
        write(self._path(key), json.dumps(result))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def write(file: Path, text: str) -> None:
    """Write a file as a whole, in the place of what is there."""
    beside = file.with_name(f".{file.name}.{token_hex(4)}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
