"""The explorer: the example of the derivation as matrices, which a script makes interactive.

Without the script the matrices stand there with one entry and its sources marked.
"""

import json
import re
import tomllib
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import affine
from affine.equations import EQUATIONS
from docs.derivation import example
from docs.site_builder.pictures.boxes import dimensions

SCRIPTS = ("model", "words", "element")
TEXT = "(On the page, an interactive figure with the numbers of the example.)"

# What stands for the site's root until it is known on which page the explorer is.
ROOT = "@root@"

_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
IDENTITIES: dict[str, str] = _DATA["identities"]
MISTAKES: dict[str, str] = _DATA["mistakes"]
TAGS: dict[str, dict[str, list[str]]] = _DATA["tags"]

# The dimensions of each matrix, by the registry; a vector is one row.
DIMENSIONS = {
    name: "".join(dimensions(EQUATIONS[tag].symbols[name])).lower().rjust(2, "1")
    for tag, names in {"out": ("X", "W", "out", "b"), "dx": ("dX",), "dw": ("dW",),
                       "db": ("dout", "db")}.items()
    for name in names
}  # fmt: skip

_AT = re.compile(r"(X|W|b|out|dX|dW|db|dout)\[(?:(\d),)?(\d)\] (\w+)")


def explorer(start: str) -> str:
    """Return the explorer that begins at an entry and a step, such as `dX[1,0] point`."""
    match = _AT.fullmatch(start)
    if not match or match[4] not in TAGS:
        raise ValueError(f"{start!r} is not an entry and a step, such as 'dX[1,0] point'")
    name, row, column = match[1], int(match[2] or 0), int(match[3])
    rows, columns = len(matrices()[name]), len(matrices()[name][0])
    if row >= rows or column >= columns:
        raise ValueError(f"{start!r}: {name} of the example is {rows} by {columns}")
    at = [name, row, column]
    described = escape(json.dumps(_data(at, match[4]), separators=(",", ":")))
    drawn = [_matrix(name, at) for name in DIMENSIONS]
    scripts = "".join(
        f'<script defer src="{ROOT}/assets/explorer/{script}.js"></script>' for script in SCRIPTS
    )
    return (
        '<div><affine-explorer id="explorer" data-search-exclude="true"'
        f' data-explorer="{described}">'
        f'<figure class="explorer"><div class="explorer-board">'
        f"<div>{''.join(drawn[:4])}</div><div>{''.join(drawn[4:])}</div>"
        "</div></figure></affine-explorer>"
        # The book is read on paper, and leaves out what is for the screen alone.
        f'<p class="on-screen">{scripts}</p></div>'
    )


@cache
def matrices() -> dict[str, list[list[int]]]:
    """Return the numbers of the derivation's example, vectors as one row."""
    x, w, b, dout = example.x, example.w, example.b, example.dout
    grad = affine.backward(dout, x, w)
    arrays = {"X": x, "W": w, "b": b, "out": affine.forward(x, w, b)}
    arrays |= {"dX": grad.dx, "dW": grad.dw, "db": grad.db, "dout": dout}
    return {
        name: [[int(v) for v in row] for row in array.reshape(-1, array.shape[-1])]
        for name, array in arrays.items()
    }


def _data(at: list[Any], step: str) -> dict[str, Any]:
    given = {name: matrices()[name] for name in ("X", "W", "b", "dout")}
    begins = {"at": at, "step": step, "root": ROOT}
    mistakes = {"none": "none"} | MISTAKES
    return given | begins | {"tags": TAGS, "mistakes": mistakes, "properties": IDENTITIES}


def _matrix(name: str, at: list[Any]) -> str:
    """Return a matrix as it stands without the script, where shared indices agree marked."""
    focus, *place = at
    kind = "self" if name == focus else "from" if name in _DATA["sources"].get(focus, ()) else ""
    fixed = dict(zip(DIMENSIONS[focus], place, strict=True)) | {"1": 0}
    row_name, column_name = DIMENSIONS[name]
    rows = ""
    for i, row in enumerate(matrices()[name]):
        rows += "<tr>"
        for j, value in enumerate(row):
            agrees = fixed.get(row_name, i) == i and fixed.get(column_name, j) == j
            text = str(value).replace("-", "−")
            rows += f'<td data-mark="{kind * agrees}">{text}</td>'
        rows += "</tr>"
    names = [one.upper() for one in DIMENSIONS[name] if one != "1"]
    size = "×".join(f'<span class="side-{one.lower()}">{one}</span>' for one in names)
    spoken = " by ".join(names)
    return (
        f'<div class="explorer-matrix of-{name}"><p class="explorer-name"><b>{name}</b> {size}</p>'
        f'<table class="explorer-plain" aria-label="{name}, {spoken}">{rows}</table>'
        "</div>"
    )
