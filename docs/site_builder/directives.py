r"""The directives of this site's Markdown: each as HTML for its page, and as Markdown for the copy.

[[equation: dw]]                  the block of an equation, at its one home
[[boxes: dX[N,D] = dout[N,M] · Wᵀ[M,D]]]    shapes as a picture
[[entries: dw]]                   every entry of a result, written out with the example's numbers
[[boxes of: dw]]                  the picture of an equation
[[boxes as written: …]]           the shapes of the handwritten source, right or not
[[plot: rounding]]                what docs/plots/rounding.py measures, drawn
[[areas: N=64 D=512 M=256]]       the Jacobians' memory as areas, to scale
[[counterexample: dw_averaged]]   the smallest failing input of a known-wrong layer
[[explorer: dX[1,0] point]]       the interactive figure, and where it begins
"""

from collections.abc import Callable
from typing import NamedTuple

from affine.equations import Equation
from docs.site_builder.equations import notation
from docs.site_builder.equations.block import equation_block, equation_text
from docs.site_builder.equations.entries import entries_tex
from docs.site_builder.pictures import boxes
from docs.site_builder.pictures.areas import areas, areas_text
from docs.site_builder.pictures.boxdrawing import framed
from docs.site_builder.pictures.explorer import TEXT, explorer
from docs.site_builder.pictures.matrices import counterexample, counterexample_text
from docs.site_builder.plotting.plots import plot, plot_text
from docs.site_builder.record import Record


class Directive(NamedTuple):
    """What a directive becomes, given its argument, the record, and for HTML a heading's level."""

    html: Callable[[str, Record, int], str]
    markdown: Callable[[str, Record], str]


def _equation(tag: str, record: Record) -> Equation:
    if tag not in record.equations:
        known = "write a tag that affine/equations.toml has, or enter the equation there"
        raise ValueError(f"no equation has the tag {tag!r}: {known}")
    return record.equations[tag]


def _checked_boxes(text: str, record: Record, level: int) -> str:
    if wrong := boxes.disagreements(text, record.equations):
        raise ValueError(f"{text!r} disagrees with affine/equations.toml: {wrong[0]}")
    return framed(text)


def _boxes_text(text: str, record: Record) -> str:
    return f"Shapes: `{text}`"


DIRECTIVES = {
    "equation": Directive(
        lambda tag, record, level: equation_block(_equation(tag, record), record, level),
        lambda tag, record: equation_text(_equation(tag, record), record),
    ),
    "entries": Directive(
        lambda name, record, level: (
            f'<div class="entries">{notation.displayed(entries_tex(name))}</div>'
        ),
        lambda name, record: f"\\[\n{entries_tex(name)}\n\\]",
    ),
    "boxes": Directive(_checked_boxes, _boxes_text),
    "boxes of": Directive(
        lambda tag, record, level: framed(_equation(tag, record).boxes),
        lambda tag, record: _boxes_text(_equation(tag, record).boxes, record),
    ),
    "boxes as written": Directive(lambda text, record, level: framed(text), _boxes_text),
    "plot": Directive(lambda name, record, level: plot(name), lambda name, record: plot_text(name)),
    "areas": Directive(
        lambda sizes, record, level: areas(sizes), lambda sizes, record: areas_text(sizes)
    ),
    "counterexample": Directive(
        lambda layer, record, level: counterexample(layer, record.results),
        lambda layer, record: counterexample_text(layer, record.results),
    ),
    "explorer": Directive(lambda start, record, level: explorer(start), lambda start, record: TEXT),
}


def find(name: str, argument: str) -> Directive:
    """Return a directive by its name; one that is not known fails the build."""
    if name not in DIRECTIVES:
        raise ValueError(f"no directive is called {name!r}: [[{name}: {argument}]]")
    return DIRECTIVES[name]
