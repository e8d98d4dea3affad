"""Plots of measured numbers: `[[plot: rounding]]` draws what docs/plots/rounding.py measures.

A script has `measure()`, which returns rows, `draw(rows)`, which returns pictures, and `source()`,
which says where the numbers come from. Its docstring is the caption. The page shows all of it.
"""

from collections.abc import Iterator
from functools import cache
from html import escape
from importlib import import_module
from inspect import getsource
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from docs.site_builder.plotting.measured import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PlotError", "code", "plot", "words"]

FOLDER = Path(__file__).parents[2] / "plots"


class PlotError(ValueError):
    """A plot that no script draws."""


def plot(name: str) -> str:
    """Return the pictures of a plot, its caption, its data and its code as HTML."""
    # It takes a while to import, and pages without a plot have no need of it.
    from docs.site_builder.plotting import drawing, svg

    script = _script(name)
    with drawing.style():
        figures: list[Figure] = list(script.draw(_rows(name)))
        pictures = "".join(svg.svg(figure, _title(script)) for figure in figures)
        legend = svg.legend(figures)
    return (
        f'<figure class="plot" id="plot-{name}"><div class="plot-panels" data-search-exclude>'
        f"{pictures}{legend}</div><figcaption>{_caption(script)}</figcaption></figure>"
        f"{_folded('Data', _table(_rows(name)))}{_folded('Code', code(name))}"
    )


def words(name: str) -> str:
    """Return the caption and the data of a plot as Markdown."""
    rows, script = _rows(name), _script(name)
    lines = [list(rows[0]), ["---"] * len(rows[0]), *map(_cells, rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"Plot: {' '.join(_told(script))}\n\n{table}"


def code(name: str) -> str:
    """Return the script of a plot as HTML, coloured like all programs."""
    formatter = HtmlFormatter(cssclass="highlight", wrapcode=True)
    return str(highlight(getsource(_script(name)), PythonLexer(), formatter))


def _script(name: str) -> ModuleType:
    known = sorted(path.stem for path in FOLDER.glob("*.py"))
    if name not in known:
        raise PlotError(f"no plot is called {name!r}: docs/plots has {', '.join(known)}")
    return import_module(f"docs.plots.{name}")


@cache
def _rows(name: str) -> list[Row]:
    rows: list[Row] = list(_script(name).measure())
    return rows


# ------------------------------------------------------------------ words and numbers


def _told(script: ModuleType) -> Iterator[str]:
    """Yield the title, the caption, and where the numbers come from."""
    title, _, rest = (script.__doc__ or "").strip().partition("\n\n")
    yield from filter(None, (" ".join(part.split()) for part in (title, rest)))
    source: str = script.source()
    yield f"{source[0].upper()}{source[1:]}."


def _title(script: ModuleType) -> str:
    return next(_told(script))


def _caption(script: ModuleType) -> str:
    title, *rest = map(escape, _told(script))
    return f"<strong>{title}</strong> {' '.join(rest)}"


def _folded(summary: str, content: str) -> str:
    return (
        f'<details class="plot-source" data-search-exclude><summary>{summary}</summary>'
        f"{content}</details>"
    )


def _table(rows: list[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in rows[0])
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(row))}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Row) -> list[str]:
    return [f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()]
