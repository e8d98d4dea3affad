"""Boxes as a picture: dimensions in proportion, each in its colour: boxes that multiply fit.

A letter on a filled background is summed over. Three dimensions make a stack of sheets, four a grid
of blocks; where zeros must be, only the entries that can differ from zero are filled.
"""

from collections.abc import Callable, Set
from html import escape
from itertools import accumulate, product
from typing import NamedTuple

from docs.site_builder.equations import notation
from docs.site_builder.pictures import boxes
from docs.site_builder.pictures.boxes import LENGTHS, Box

UNIT, BLOCK_UNIT, SHEET_STEP = 15, 9, 6
LETTER, GAP, OPERATOR_WIDTH, BRACKET_WIDTH = 9.5, 5, 24, 14


class Drawing(NamedTuple):
    """SVG drawn around the middle line y = 0, from x = 0, and the room it takes."""

    svg: str
    width: float
    height: float
    middle: float


def framed(text: str) -> str:
    """Return the picture of `text` in a frame that scrolls where the window is narrow."""
    return f'<div class="boxes-frame" data-search-exclude="true">{draw(text)}</div>'


def draw(text: str) -> str:
    terms = boxes.parse(text)
    over = boxes.summed(terms)
    drawings = {
        at: (_blocks if len(term.shape) == 4 else _sheets)(term, over.get(at, set()))
        for at, term in enumerate(terms)
        if isinstance(term, Box)
    }
    half = max(drawing.height for drawing in drawings.values()) / 2
    x, body = 0.0, ""
    for at, term in enumerate(terms):
        if isinstance(term, str):
            room = BRACKET_WIDTH if term in boxes.PAIRED else OPERATOR_WIDTH
            body += _text(x + room / 2, 5, "operator", term)
            x += room
            continue
        drawing = drawings[at]
        name, note = notation.name_to_svg(term.name), ""
        if boxes.reorders(term):
            note = ", reordered"
        label = notation.width(term.name + note) / 2
        x += max(label - drawing.middle, 0)
        body += f'<g transform="translate({x:g} 0)">{drawing.svg}</g>'
        body += _text(x + drawing.middle, half + 19, "name", f"{name}{note}")
        x += max(drawing.width, drawing.middle + label) + GAP
    width, top, height = x - GAP + 4, -half - 20, 2 * half + 48
    return (
        f'<svg class="boxes" role="img" viewBox="-2 {top:g} {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" style="--wide: {width:g}px">'
        f"<title>{escape(boxes.describe(terms))}</title>{body}</svg>"
    )


def _sheets(box: Box, over: Set[int]) -> Drawing:
    """A vector, a matrix, or a stack of matrices."""
    *depth, rows, columns = box.shape if len(box.shape) > 1 else (*box.shape, "1")
    width, height = LENGTHS[columns] * UNIT, LENGTHS[rows] * UNIT
    count = LENGTHS[depth[0]] if depth else 1
    shift = (count - 1) * SHEET_STEP
    x, y = _room(rows), (shift - height) / 2
    svg = _label_before(x, y + height / 2 + 4.5, rows, len(depth) in over)
    if len(box.shape) > 1:
        svg += _label(x + shift + width / 2, y - shift - 6, columns, len(depth) + 1 in over)
    for at in reversed(range(count)):
        sheet = Box(box.name, (*depth, rows, columns))
        svg += _sheet(sheet, x + at * SHEET_STEP, y - at * SHEET_STEP, at)
    right = x + width + shift
    if depth:
        svg += _edge(depth[0], f"M{x + width + 3:g} {y + height + 3:g}l{shift} {-shift}")
        label = x + width + shift / 2 + 15
        svg += _label(label, y + height - shift / 2 + 6, depth[0], 0 in over)
        right = max(right + 10, label + LETTER)
    return Drawing(svg, right, height + shift, x + width / 2)


def _blocks(box: Box, over: Set[int]) -> Drawing:
    outer, (rows, columns) = boxes.grid(box)
    width, height = LENGTHS[columns] * BLOCK_UNIT, LENGTHS[rows] * BLOCK_UNIT
    count = LENGTHS[outer]
    across, down = count * (width + 3) - 3, count * (height + 3) - 3
    before = f"{outer}·{rows}"
    x, y = _room(before) + 4, -down / 2
    svg = ""
    for i, k in product(range(count), repeat=2):
        kind = "filled" if i == k else "empty"
        svg += _rectangle(kind, x + k * (width + 3), y + i * (height + 3), width, height)
    svg += _edge(outer, f"M{x - 4:g} {y:g}v{down}M{x:g} {y - 4:g}h{across}")
    svg += _label_before(x - 4, 4.5, before, {0, 1} <= over)
    svg += _label(x + across / 2, y - 9, f"{outer}·{columns}", {2, 3} <= over)
    return Drawing(svg, x + across, down + 10, x + across / 2)


def _sheet(box: Box, x: float, y: float, number: int = 0) -> str:
    """One sheet of a stack, or a matrix: its cells, where it is cut, its edges."""
    rows, columns = box.shape[-2:]
    width, height = LENGTHS[columns] * UNIT, LENGTHS[rows] * UNIT
    svg = _rectangle("sheet", x, y, width, height)
    for row, column in _nonzero_cells(box, number):
        svg += _rectangle("filled", x + column * UNIT, y + row * UNIT, UNIT, UNIT)
    down = [f"M{x + at * UNIT:g} {y:g}v{height}" for at in range(1, LENGTHS[columns])]
    across = [f"M{x:g} {y + at * UNIT:g}h{width}" for at in range(1, LENGTHS[rows])]
    if down or across:
        svg += f'<path class="cells" d="{"".join(down + across)}"/>'
    # A dimension of several parts, such as A+B, is cut between them.
    for size, lines in ((columns, down), (rows, across)):
        for at in list(accumulate(LENGTHS[part] for part in size.split("+")))[:-1]:
            svg += f'<path class="split" d="{lines[at - 1]}"/>'
    svg += _edge(columns, f"M{x:g} {y:g}h{width}M{x:g} {y + height:g}h{width}")
    return svg + _edge(rows, f"M{x:g} {y:g}v{height}M{x + width:g} {y:g}v{height}")


def _nonzero_cells(box: Box, sheet: int) -> list[tuple[int, int]]:
    """The cells to mark in a sheet of an identity matrix or a Jacobian, if others are zero."""
    rows, columns = (LENGTHS[size] for size in box.shape[-2:])
    height, width = rows // LENGTHS["M"], columns // LENGTHS["M"]
    is_nonzero: dict[str, Callable[[int, int], bool]] = {
        boxes.OFF_BLOCKS: lambda row, column: row // height == column // width,
        boxes.OFF_DIAGONAL: lambda row, column: row == column,
        boxes.OFF_COLUMN: lambda row, column: column == sheet,
        "": lambda row, column: False,
    }
    cells = product(range(rows), range(columns))
    return [cell for cell in cells if is_nonzero[boxes.zeros(box)](*cell)]


def _rectangle(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"/>'


def _edge(size: str, path: str) -> str:
    return f'<path class="edge {_class(size)}" d="{path}"/>'


def _text(x: float, y: float, kind: str, text: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{text}</text>'


def _room(size: str) -> float:
    """Return the room that the name of a dimension takes before its box."""
    return LETTER * len(size) + 7.5


def _label_before(x: float, y: float, size: str, is_summed: bool) -> str:
    """Return the name of a dimension, in the room before x."""
    return _label(x - 5 - LETTER * len(size) / 2, y, size, is_summed)


def _label(x: float, y: float, size: str, is_summed: bool) -> str:
    """Return the name of a dimension, around x; a filled background says that it is summed over."""
    width = LETTER * len(size) + 5
    background = (
        f'<rect class="ground {_class(size)}" x="{x - width / 2:g}" y="{y - 11.5:g}" '
        f'width="{width:g}" height="15" rx="7"/>'
    )
    letters = "·".join(f'<tspan class="{_class(one)}">{one}</tspan>' for one in size.split("·"))
    kind = "side summed" if is_summed else "side"
    return (background if is_summed else "") + _text(x, y, kind, letters)


def _class(size: str) -> str:
    return {"A": "side-n", "B": "side-n"}.get(size[0], f"side-{size[0].lower()}")
