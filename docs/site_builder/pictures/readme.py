"""The picture in README.md: the boxes of the three gradients, in one file that stands alone.

    python -m docs.site_builder.pictures.readme

writes it again. It is in the repository, where README.md is read; a test compares the two.
"""

import re
from itertools import accumulate
from pathlib import Path

from affine.equations import EQUATIONS
from docs.site_builder.pictures import boxdrawing

__all__ = ["PATH", "draw"]

ASSETS = Path(__file__).parents[2] / "assets"
PATH = ASSETS / "readme.svg"
TAGS = ("dx", "dw", "db")
GAP = 44

# Nothing of the site's style sheets reaches a picture outside of the site.
_STYLE = """
text { fill: var(--md-default-fg-color); font: 16px serif; text-anchor: middle; }
.operator { font-size: 19px; }
.small { font-size: 0.72em; }
.side { font: 600 11.5px sans-serif; }
.edge { fill: none; stroke-linecap: square; stroke-width: 2.2; }
.cells { fill: none; stroke: var(--md-default-fg-color--lightest); }
.sheet { fill: var(--sheet); }
"""
_SIDE = (
    ":is(rect, tspan).side-{0} {{ fill: var(--side-{0}); }} "
    ".edge.side-{0} {{ stroke: var(--side-{0}); }}"
)
_SUMMED = ".summed tspan { fill: var(--md-default-bg-color); }"
_COLOURS = re.compile(r"--(?:side-\w|sheet|md-default-(?:bg|fg)-color(?:--lightest)?): #\w+;")
_SIZE = re.compile(r'viewBox="\S+ \S+ (\S+) (\S+)"')


def draw() -> str:
    """Return the picture as SVG."""
    pictures = [boxdrawing.draw(EQUATIONS[tag].boxes) for tag in TAGS]
    sizes = [(float(w), float(h)) for one in pictures for w, h in _SIZE.findall(one)]
    wide, high = sum(w for w, _ in sizes) + 2 * GAP, max(h for _, h in sizes)
    starts = accumulate((w + GAP for w, _ in sizes[:-1]), initial=0.0)
    placed = "\n".join(
        one.replace("<svg ", f'<svg x="{x:g}" y="{(high - h):g}" ', 1)
        for one, x, (_, h) in zip(pictures, starts, sizes, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" '
        f'width="{wide:g}" height="{high:g}">\n<style>{_style()}</style>\n{placed}\n</svg>\n'
    )


def _style() -> str:
    light, dark = (ASSETS / "site.css").read_text(encoding="utf-8").split("slate", 1)
    sides = "\n".join(_SIDE.format(side) for side in "ndm1")
    return (
        f"\n:root {{ {' '.join(_COLOURS.findall(light))} }}\n@media (prefers-color-scheme: dark) "
        f"{{ :root {{ {' '.join(_COLOURS.findall(dark))} }} }}{_STYLE}{sides}\n{_SUMMED}\n"
    )


if __name__ == "__main__":
    PATH.write_text(draw(), encoding="utf-8")
