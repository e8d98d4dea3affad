"""The code of a Jupyter notebook, as Python.

A notebook is JSON, and its code cells are texts in it: that needs no library. `nbformat` would
bring four packages, to validate what is not used here.
"""

import ast
import json
import linecache
import re
from collections.abc import Iterator
from pathlib import Path

from affine.checker.reading.loading.definitions import Part
from affine.checker.reading.messages import refusal, sentence

__all__ = ["cells"]

# A magic, a shell command, or a question; a command goes on after a backslash.
_NOT_PYTHON = re.compile(
    r"^([^\S\n]*)(?:(?:[\w, ]+=[^\S\n]*)?[%!?](?:.*\\\n)*.*|[\w.]+\?{1,2}[^\S\n]*)$", re.MULTILINE
)
_OF_PYTHON = re.compile(r"(\s*)%%(?:time|capture)\b.*")  # the cell below runs as it is


def cells(path: Path) -> tuple[list[Part], list[str]]:
    """Return the code of each cell as a tree, and why others were left out.

    Raises:
        TargetError: It is no notebook, or no cell of it is Python.
    """
    trees, faults = list[Part](), list[str]()
    for number, text in enumerate(_texts(path), start=1):
        place = f"{path} code cell {number}"
        source = _python(text)
        linecache.cache[place] = len(source), None, source.splitlines(keepends=True), place
        try:
            trees.append((place, ast.parse(source, place)))
        except SyntaxError as error:
            why = f"{type(error).__name__} in line {error.lineno}: {error.msg}"
            faults.append(sentence("cell_left_out", cell=number, why=why))
    if faults and not any(tree.body for _, tree in trees):
        raise refusal("no_cell", path=path, why="; ".join(faults))
    return trees, faults


def _texts(path: Path) -> Iterator[str]:
    """Yield the text of each code cell."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        code = [each["source"] for each in notebook["cells"] if each["cell_type"] == "code"]
        yield from ("".join(source) for source in code)
    except (ValueError, KeyError, TypeError) as error:
        raise refusal("no_notebook", path=path, why=f"{type(error).__name__}: {error}") from error


def _python(text: str) -> str:
    """Return a cell without what IPython alone understands; its lines keep their numbers."""
    if _OF_PYTHON.match(text):
        text = _OF_PYTHON.sub(r"\1", text, count=1)
    elif text.lstrip().startswith("%%"):
        return ""
    try:
        ast.parse(text)
    except SyntaxError:
        return _NOT_PYTHON.sub(lambda found: f"{found[1]}pass" + "\n" * found[0].count("\n"), text)
    return text
