"""The explorer: the example of the derivation as matrices, which a script makes interactive.

Without the script the matrices stand there with one entry and its sources marked.
"""

import json
import re
import runpy
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import affine
from affine.equations import EQUATIONS
from affine.properties import PROPERTIES
from docs.site_builder.pictures.shapes import sides

__all__ = ["WORDS", "ExplorerError", "explorer", "placed"]

EXAMPLE = Path(__file__).parents[2] / "derivation" / "example.py"
SCRIPTS = ("model", "words", "element")
WORDS = "(On the page, an interactive figure with these numbers.)"

# What stands for the site's root until it is known on which page the explorer is.
ROOT = "@root@"

# The identities that the script checks, each with the property of the suite that does.
IDENTITIES = {
    "dx": "dx_is_dout_wt",
    "dw": "dw_is_xt_dout",
    "db": "db_is_the_column_sum_of_dout",
    "finite-difference": "central_difference_is_twice_the_directional_derivative",
    "batch-additivity": "a_split_batch_stacks_and_adds",
    "balance": "x_transposed_dx_is_dw_w_transposed",
}

MISTAKES = {
    "none": "none",
    "average": "dW and db averaged, not summed",
    "unsummed": "db not summed over the batch",
    "untransposed": "dX = dout · W, without the transpose",
    "reshaped": "dX with W reshaped, not transposed",
    "turned": "dW transposed",
    "masked": "dX zero where X is zero",
    "relu": "dout masked where out ≤ 0",
    "forgotten": "last data point left out of dW and db",
}

# The sides of each matrix, by the registry; a vector is one row.
SIDES = {
    name: "".join(side.lower() for side in sides(EQUATIONS[tag].symbols[name])).rjust(2, "1")
    for tag, names in {"out": ("X", "W", "out", "b"), "dx": ("dX",), "dw": ("dW",),
                       "db": ("dout", "db")}.items()
    for name in names
}  # fmt: skip

# The equations by which a result is computed, step by step.
TAGS = {
    "entry": {
        "out": ("out-entry",),
        "dX": ("chain", "entry-x"),
        "dW": ("chain", "entry-w"),
        "db": ("chain", "entry-b"),
    },
    "point": {"out": ("out-row",), "dX": ("one-dx",), "dW": ("one-dw",), "db": ("one-db",)},
    "batch": {"out": ("out",), "dX": ("dx",), "dW": ("dw",), "db": ("db",)},
}

SOURCES = {"out": ("X", "W", "b"), "dX": ("dout", "W"), "dW": ("X", "dout"), "db": ("dout",)}

_AT = re.compile(r"(X|W|b|out|dX|dW|db|dout)\[(?:(\d),)?(\d)\] (\w+)")


class ExplorerError(ValueError):
    """An explorer that begins at no entry, or that names what the registry does not have."""


def explorer(start: str) -> str:
    """Return the explorer that begins at an entry and a step, such as `dX[1,0] point`."""
    at, step = _start(start)
    described = escape(json.dumps(_data(at, step), separators=(",", ":")))
    scripts = "".join(
        f'<script defer src="{ROOT}/assets/explorer/{name}.js"></script>' for name in SCRIPTS
    )
    return (
        '<div><affine-explorer id="explorer" data-search-exclude="true"'
        f' data-explorer="{described}">'
        f'<figure class="explorer"><div class="explorer-board">'
        f"<div>{_matrices(list(SIDES)[:4], at)}</div><div>{_matrices(list(SIDES)[4:], at)}</div>"
        "</div></figure></affine-explorer>"
        # The book is read on paper, and leaves out what is for the screen alone.
        f'<p class="on-screen">{scripts}</p></div>'
    )


def placed(html: str, root: str) -> str:
    """Return the HTML of a page from which the site's root is at `root`."""
    return html.replace(ROOT, root)


def _start(text: str) -> tuple[list[Any], str]:
    found = _AT.fullmatch(text)
    if not found or found[4] not in TAGS:
        raise ExplorerError(f"{text!r} is not an entry and a step, such as 'dX[1,0] point'")
    name, row, column = found[1], int(found[2] or 0), int(found[3])
    rows, columns = len(matrices()[name]), len(matrices()[name][0])
    if row >= rows or column >= columns:
        raise ExplorerError(f"{text!r}: {name} of the example is {rows} by {columns}")
    return [name, row, column], found[4]


@cache
def matrices() -> dict[str, list[list[int]]]:
    """Return the numbers of the derivation's example, vectors as one row."""
    found = runpy.run_path(str(EXAMPLE))
    x, w, b, dout = (found[name] for name in ("x", "w", "b", "dout"))
    grad = affine.backward(dout, x, w)
    arrays = {"X": x, "W": w, "b": b, "out": affine.forward(x, w, b)}
    arrays |= {"dX": grad.dx, "dW": grad.dw, "db": grad.db, "dout": dout}
    return {
        name: [[int(v) for v in row] for row in array.reshape(-1, array.shape[-1])]
        for name, array in arrays.items()
    }


def _data(at: list[Any], step: str) -> dict[str, Any]:
    for tag, name in IDENTITIES.items():
        if tag not in EQUATIONS or tag not in PROPERTIES[name].equations:
            raise ExplorerError(f"the property {name!r} does not test the equation {tag!r}")
    cited = {tag for results in TAGS.values() for tags in results.values() for tag in tags}
    if unknown := cited - set(EQUATIONS):
        raise ExplorerError(f"the explorer cites {sorted(unknown)}, which the registry has not")
    given = {name: matrices()[name] for name in ("X", "W", "b", "dout")}
    begins = {"at": at, "step": step, "root": ROOT}
    return given | begins | {"tags": TAGS, "mistakes": MISTAKES, "properties": IDENTITIES}


# ------------------------------------------------------------------ without the script


def _matrices(names: list[str], at: list[Any]) -> str:
    return "".join(_matrix(name, at) for name in names)


def _matrix(name: str, at: list[Any]) -> str:
    sides = [side for side in SIDES[name] if side != "1"]
    size = "×".join(f'<span class="side-{side}">{side.upper()}</span>' for side in sides)
    spoken = " by ".join(side.upper() for side in sides)
    rows = "".join(
        f"<tr>{''.join(_cell(value, _mark(name, (i, j), at)) for j, value in enumerate(row))}</tr>"
        for i, row in enumerate(matrices()[name])
    )
    return (
        f'<div class="explorer-matrix of-{name}"><p class="explorer-name"><b>{name}</b> {size}</p>'
        f'<table class="explorer-plain" aria-label="{name}, {spoken}">{rows}</table></div>'
    )


def _cell(value: int, mark: str) -> str:
    return f'<td data-mark="{mark}">{str(value).replace("-", "−")}</td>'


def _mark(name: str, index: tuple[int, int], at: list[Any]) -> str:
    """Whether an entry is the one in focus or one that it comes from: shared indices agree."""
    focus, *place = at
    fixed = dict(zip(SIDES[focus], place, strict=True)) | {"1": 0}
    if any(fixed.get(side, k) != k for side, k in zip(SIDES[name], index, strict=True)):
        return ""
    return "self" if name == focus else "from" if name in SOURCES.get(focus, ()) else ""
