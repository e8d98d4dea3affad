"""Plots of measured numbers: `[[plot: rounding]]` draws what docs/plots/rounding.py measures.

A script has `measure()`, which returns rows, `draw(rows)`, which returns pictures, and `source()`,
which says where the numbers come from. Its docstring is the caption. The page shows all of it.
"""

from functools import cache
from html import escape
from importlib import import_module
from inspect import getsource
from types import ModuleType
from typing import TYPE_CHECKING

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from docs.site_builder.plotting.measured import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def script(name: str) -> ModuleType:
    return import_module(f"docs.plots.{name}")


@cache
def rows(name: str) -> list[Row]:
    """Return what a plot shows, measured once in a build."""
    measured: list[Row] = list(script(name).measure())
    return measured


def plot(name: str) -> str:
    """Return the pictures of a plot, its caption, its data and its code as HTML."""
    # It takes a while to import, and pages without a plot have no need of it.
    from docs.site_builder.plotting import drawing

    title, *caption = map(escape, _sentences(name))
    with drawing.style():
        figures: list[Figure] = list(script(name).draw(rows(name)))
        pictures = "".join(drawing.to_svg(figure, _sentences(name)[0]) for figure in figures)
        legend = drawing.legend(figures)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in rows(name)[0])
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(row))}</tr>"
        for row in rows(name)
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    sources = "".join(
        f'<details class="plot-source" data-search-exclude><summary>{summary}</summary>'
        f"{content}</details>"
        for summary, content in (("Data", table), ("Code", code(name)))
    )
    return (
        f'<figure class="plot" id="plot-{name}"><div class="plot-panels" data-search-exclude>'
        f"{pictures}{legend}</div><figcaption><strong>{title}</strong> {' '.join(caption)}"
        f"</figcaption></figure>{sources}"
    )


def plot_text(name: str) -> str:
    """Return the caption and the data of a plot as Markdown."""
    columns = list(rows(name)[0])
    lines = [columns, ["---"] * len(columns), *map(_cells, rows(name))]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"Plot: {' '.join(_sentences(name))}\n\n{table}"


def code(name: str) -> str:
    """Return the script of a plot as HTML, coloured like all programs."""
    formatter = HtmlFormatter(cssclass="highlight", wrapcode=True)
    return str(highlight(getsource(script(name)), PythonLexer(), formatter))


def _sentences(name: str) -> list[str]:
    """Return the title, the caption, and where the numbers come from."""
    title, _, rest = (script(name).__doc__ or "").strip().partition("\n\n")
    source: str = script(name).source()
    sentences = (" ".join(part.split()) for part in (title, rest))
    return [*filter(None, sentences), f"{source[0].upper()}{source[1:]}."]


def _cells(row: Row) -> list[str]:
    """Return the values of a row as text; of what was not measured, a dash."""
    return [
        "–" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
        for value in row.values()
    ]
