"""The picture that a link to this site shows elsewhere: 1200 by 630, drawn from the registry."""

import re
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from docs.site_builder.pictures.boxes import SIDES, Box, parse
from docs.site_builder.record import Record

__all__ = ["draw"]

WIDTH, HEIGHT, UNIT = 1200, 630, 36
STYLE = Path(__file__).parents[2] / "assets" / "site.css"
SENTENCE = "The gradients of out = XW + b, derived and tested"
FORMULAS = ("dx", "dw", "db")


def draw(path: Path, record: Record) -> None:
    """Draw the three gradients, and the boxes of the weights'."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="#fffefb")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.axis("off")
    axes.text(80, 120, "affine", size=50, weight="bold", family="STIXGeneral")
    axes.text(82, 176, SENTENCE, size=28, family="STIXGeneral")
    for line, tag in enumerate(FORMULAS):
        tex = record.equations[tag].tex.partition(r"\qquad")[0].rstrip(", ")
        axes.text(82, 290 + 92 * line, f"${tex}$", size=36, math_fontfamily="stix")
    _boxes(axes, 610, 400, parse(record.equations["dw"].boxes))
    # No date and no version of the library: the same picture from the same sources.
    figure.savefig(path, metadata={"Software": None})


def _boxes(axes: Axes, x: float, middle: float, terms: list[Box | str]) -> None:
    colours = dict(re.findall(r"--side-([ndm]): (#\w+)", STYLE.read_text(encoding="utf-8"))[:3])
    for term in terms:
        if isinstance(term, str):
            axes.text(x + 12, middle, term, size=28, ha="center", va="center")
            x += 44
            continue
        rows, columns = term.sides
        wide, high = SIDES[columns] * UNIT, SIDES[rows] * UNIT
        top = middle - high / 2
        axes.add_patch(Rectangle((x, top), wide, high, facecolor="#f6f5f0"))
        for side, across, down in (
            (columns, (x, x + wide), (top, top)),
            (columns, (x, x + wide), (top + high, top + high)),
            (rows, (x, x), (top, top + high)),
            (rows, (x + wide, x + wide), (top, top + high)),
        ):
            axes.plot(across, down, color=colours[side.lower()], linewidth=4)
        name = term.name.replace("ᵀ", r"^\top")
        label = f"${name}$" if len(term.name.rstrip("ᵀ")) == 1 else rf"$\mathrm{{{name}}}$"
        axes.text(x + wide / 2, middle + 130, label, size=26, ha="center", math_fontfamily="stix")
        x += wide + 20
