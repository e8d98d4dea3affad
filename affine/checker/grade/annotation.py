"""A report as annotations of GitHub Actions: `python -m affine.checker.grade.annotation`."""

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from affine.checker.report.words import clean


def annotations(report: Mapping[str, Any], file: str, source: str) -> Iterator[str]:
    r"""Yield a command to the runner for each mistake, at the line of the pass that makes it.

    Examples:
        >>> wrong = {"quantity": "dw", "sentence": "Your dw is halved.", "mistake": None}
        >>> report = {"verdict": "fail", "reading": "f(x, w, b) and g(dout, x, w)"}
        >>> source = "def f(x, w, b): ...\n\ndef g(dout, x, w): ..."
        >>> print(*annotations({**report, "findings": [wrong]}, "mine.py", source))
        ::error file=mine.py,line=3,title=affine%3A dw::Your dw is halved.
    """
    for finding in report["findings"]:
        mistake = finding["mistake"] or {"title": "a mistake", "remedy": ""}
        said = [finding["sentence"] or mistake["title"], mistake["remedy"]]
        line = _line(source, report["reading"], is_forward=finding["quantity"] == "out")
        yield _command("error", file, line, finding["quantity"], " ".join(filter(None, said)))
    if report["verdict"] == "error":
        yield _command("warning", file, 1, "not judged", report["trouble"] or "no property ran")


def _line(source: str, reading: str, *, is_forward: bool) -> int:
    """Return the line of the pass that a reading names: the first one forward, else the last."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):  # a notebook
        return 1
    kinds = (ast.FunctionDef, ast.ClassDef)
    lines = {node.name: node.lineno for node in nodes if isinstance(node, kinds)}
    named = [name for name in re.findall(r"\w+", reading) if name in lines]
    return lines[named[0 if is_forward else -1]] if named else 1


def _command(kind: str, file: str, line: int, about: str, text: str) -> str:
    # A comma or a colon in a property would end it; the runner reads them so.
    path, title = (_escaped(each, also=":,") for each in (file, f"affine: {about}"))
    return f"::{kind} file={path},line={line},title={title}::{_escaped(clean(text))}"


def _escaped(text: str, also: str = "") -> str:
    for sign in "%\r\n" + also:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def main(written: str, target: str) -> None:
    """Print the annotations of the report in one file on the layer in another."""
    report = json.loads(Path(written).read_text(encoding="utf-8"))
    file = Path(target.partition(":")[0])
    source = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    print(*annotations(report, file.as_posix(), source), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
