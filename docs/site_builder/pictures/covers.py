"""Pictures that are seen outside of the site: the one in README.md, and the one of a link.

    python -m docs.site_builder.pictures.covers

writes docs/assets/readme.svg again. It is in the repository, where README.md is read; a test
compares the two.
"""

import re
from itertools import accumulate
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from affine.equations import EQUATIONS
from docs.site_builder.pictures import boxdrawing
from docs.site_builder.pictures.boxes import LENGTHS, Box, Term, parse
from docs.site_builder.record import Record

ASSETS = Path(__file__).parents[2] / "assets"
README = ASSETS / "readme.svg"
TAGS = ("dx", "dw", "db")


GAP = 44

# Nothing of the site's stylesheets reaches a picture outside of the site.
_STYLE = Path(__file__).with_name("readme.css")
_COLOURS = re.compile(r"--(?:side-\w|sheet|md-default-(?:bg|fg)-color(?:--lightest)?): #\w+;")
_SIZE = re.compile(r'viewBox="\S+ \S+ (\S+) (\S+)"')


def draw_readme() -> str:
    """Return the boxes of the three gradients as SVG that stands alone."""
    pictures = [boxdrawing.draw(EQUATIONS[tag].boxes) for tag in TAGS]
    sizes = [(float(w), float(h)) for one in pictures for w, h in _SIZE.findall(one)]
    width, height = sum(w for w, _ in sizes) + 2 * GAP, max(h for _, h in sizes)
    starts = accumulate((w + GAP for w, _ in sizes[:-1]), initial=0.0)
    placed = "\n".join(
        one.replace("<svg ", f'<svg x="{x:g}" y="{(height - h):g}" ', 1)
        for one, x, (_, h) in zip(pictures, starts, sizes, strict=True)
    )
    css = (ASSETS / "site.css").read_text(encoding="utf-8")
    light, dark = (" ".join(_COLOURS.findall(half)) for half in css.split("slate", 1))
    rules = _STYLE.read_text(encoding="utf-8")
    style = (
        f"\n:root {{ {light} }}\n@media (prefers-color-scheme: dark) "
        f"{{ :root {{ {dark} }} }}\n{rules}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}">\n<style>{style}</style>\n{placed}\n</svg>\n'
    )


WIDTH, HEIGHT, UNIT = 1200, 630, 36
SENTENCE = "The gradients of out = XW + b, derived and tested"


def draw_social(path: Path, record: Record) -> None:
    """Draw the three gradients, and the boxes of the weights'."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="#fffefb")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.axis("off")
    axes.text(80, 120, "affine", size=50, weight="bold", family="STIXGeneral")
    axes.text(82, 176, SENTENCE, size=28, family="STIXGeneral")
    for line, tag in enumerate(TAGS):
        tex = record.equations[tag].tex.partition(r"\qquad")[0].rstrip(", ")
        axes.text(82, 290 + 92 * line, f"${tex}$", size=36, math_fontfamily="stix")
    _draw_boxes(axes, 610, 400, parse(record.equations["dw"].boxes))
    # No date and no version of the library: the same picture from the same sources.
    figure.savefig(path, metadata={"Software": None})


def _draw_boxes(axes: Axes, x: float, middle: float, terms: list[Term]) -> None:
    css = (ASSETS / "site.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--side-([ndm]): (#\w+)", css)[:3])
    for term in terms:
        if not isinstance(term, Box):
            axes.text(x + 12, middle, term, size=28, ha="center", va="center")
            x += 44
            continue
        rows, columns = term.shape
        width, height = LENGTHS[columns] * UNIT, LENGTHS[rows] * UNIT
        right, top, bottom = x + width, middle - height / 2, middle + height / 2
        axes.add_patch(Rectangle((x, top), width, height, facecolor="#f6f5f0"))
        for size, across, down in (
            (columns, (x, right), (top, top)),
            (columns, (x, right), (bottom, bottom)),
            (rows, (x, x), (top, bottom)),
            (rows, (right, right), (top, bottom)),
        ):
            axes.plot(across, down, color=colours[size.lower()], linewidth=4)
        name = term.name.replace("ᵀ", r"^\top")
        label = f"${name}$" if len(term.name.rstrip("ᵀ")) == 1 else rf"$\mathrm{{{name}}}$"
        axes.text(x + width / 2, middle + 130, label, size=26, ha="center", math_fontfamily="stix")
        x += width + 20


if __name__ == "__main__":
    README.write_text(draw_readme(), encoding="utf-8")
