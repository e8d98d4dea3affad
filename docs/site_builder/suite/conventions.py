"""How the check reads the layer of a course: for the page that lists them."""

import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

from affine.checker.reading import TargetError, load
from docs.site_builder.record import load_results
from docs.site_builder.suite.sample import not_run
from docs.site_builder.suite.wrong_layers import frameworks

_TESTS = Path(__file__).parents[3] / "tests"
_TABLE = _TESTS / "checker" / "conventions.toml"


def read_as(*courses: str) -> str:
    """Return the command for each of these courses and the line *Read as* of its report.

    They are entries of the table that the tests hold the check to. A layer that is refused has the
    first line of the message instead. A build without the results of the suite reads none.
    """
    if not load_results():
        return not_run("affine check my_layer.py")
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["course"]
    return "\n".join(line for course in courses for line in _lines(table[course]))


def _lines(course: dict[str, Any]) -> Iterator[str]:
    command = f"$ affine check my_layer.py {course.get('option', '')}".rstrip()
    with TemporaryDirectory() as folder:
        for path in _files(course, Path(folder)):
            yield f"```text\n{command}\n{_reading(path)}\n```\n"


def _files(course: dict[str, Any], folder: Path) -> Iterator[Path]:
    for name in course.get("files", ()):
        yield _TESTS / "layers" / f"{name}.py"
    for name, code in course.get("layers", {}).items():
        path = folder / f"{name}.py"
        path.write_text(code, encoding="utf-8")
        yield path


def _reading(path: Path) -> str:
    if missing := [name for name in frameworks(path) if not find_spec(name)]:
        return f"(not read in this build, which has no {missing[0]})"
    try:
        return fill(f"Read as  {load(str(path)).form}", 80, subsequent_indent=" " * 9)
    except TargetError as refused:
        return fill(f"ERROR {refused}".replace(str(path), "my_layer.py").splitlines()[0], 80)
