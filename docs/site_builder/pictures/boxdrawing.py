"""Boxes as a picture: sides in proportion, each in its colour, so that boxes that multiply fit.

A letter on a filled ground is summed over. Three sides make a stack of sheets, four a grid of
blocks; where zeros must be, only the entries that can differ from zero are filled.
"""

from collections.abc import Callable, Set
from html import escape
from itertools import accumulate, product
from typing import NamedTuple

from docs.site_builder.equations import names
from docs.site_builder.pictures.boxes import (
    OFF_COLUMN,
    OFF_DIAGONAL,
    PAIRED,
    SIDES,
    Box,
    describe,
    grid,
    is_zero_off_blocks,
    parse,
    summed,
    zeros,
)

__all__ = ["draw"]

UNIT, BLOCK_UNIT, SHEET_STEP = 15, 9, 6
LETTER, GAP, OPERATOR_WIDTH, BRACKET_WIDTH = 9.5, 5, 24, 14
ROWS, COLUMNS = 0, 1  # the axes of a matrix


class Drawing(NamedTuple):
    """SVG drawn around the middle line y = 0, from x = 0, and the room it takes."""

    svg: str
    width: float
    height: float
    middle: float


def draw(text: str) -> str:
    """Return the picture of `text` as one SVG element."""
    terms = parse(text)
    over = summed(terms)
    drawings = {
        at: _DRAW[len(term.sides)](term, over.get(at, set()))
        for at, term in enumerate(terms)
        if isinstance(term, Box)
    }
    half = max(drawing.height for drawing in drawings.values()) / 2
    x, body = 0.0, ""
    for at, term in enumerate(terms):
        if isinstance(term, str):
            wide = BRACKET_WIDTH if term in PAIRED else OPERATOR_WIDTH
            body += _text(x + wide / 2, 5, "operator", term)
            x += wide
            continue
        drawing = drawings[at]
        label = names.width(term.name) / 2
        x += max(label - drawing.middle, 0)
        body += f'<g transform="translate({x:g} 0)">{drawing.svg}</g>'
        body += _text(x + drawing.middle, half + 19, "name", names.to_svg(term.name))
        x += max(drawing.width, drawing.middle + label) + GAP
    return _svg(body, x - GAP, half, describe(terms))


def _svg(body: str, wide: float, half: float, description: str) -> str:
    top, high = -half - 20, 2 * half + 48
    return (
        f'<svg class="boxes" role="img" viewBox="-2 {top:g} {wide + 4:g} {high:g}" '
        f'width="{wide + 4:g}" height="{high:g}" style="--wide: {wide + 4:g}px">'
        f"<title>{escape(description)}</title>{body}</svg>"
    )


# ------------------------------------------------------------------ two sides, and one


def _column(box: Box, over: Set[int]) -> Drawing:
    return _matrix(Box(box.name, (*box.sides, "1")), over, is_vector=True)


def _matrix(box: Box, over: Set[int], is_vector: bool = False) -> Drawing:
    rows, columns = box.sides
    wide, high = SIDES[columns] * UNIT, SIDES[rows] * UNIT
    x = _room(rows)
    svg = _side_before(x, 4.5, rows, ROWS in over)
    if not is_vector:
        svg += _side_above(x + wide / 2, -high / 2 - 6, columns, COLUMNS in over)
    return Drawing(svg + _sheet(box, x, -high / 2), x + wide, high, x + wide / 2)


def _sheet(box: Box, x: float, y: float, number: int = 0) -> str:
    rows, columns = box.sides[-2:]
    wide, high = SIDES[columns] * UNIT, SIDES[rows] * UNIT
    svg = _rectangle("sheet", x, y, wide, high)
    svg += "".join(
        _rectangle("filled", x + column * UNIT, y + row * UNIT, UNIT, UNIT)
        for row, column in _cells_not_zero(box, number)
    )
    inner = [f"M{x + at * UNIT:g} {y:g}v{high}" for at in range(1, SIDES[columns])]
    inner += [f"M{x:g} {y + at * UNIT:g}h{wide}" for at in range(1, SIDES[rows])]
    svg += f'<path class="cells" d="{"".join(inner)}"/>' if inner else ""
    svg += "".join(_line("split", f"M{x + at * UNIT:g} {y:g}v{high}") for at in _cuts(columns))
    svg += "".join(_line("split", f"M{x:g} {y + at * UNIT:g}h{wide}") for at in _cuts(rows))
    svg += _edge(columns, f"M{x:g} {y:g}h{wide}M{x:g} {y + high:g}h{wide}")
    return svg + _edge(rows, f"M{x:g} {y:g}v{high}M{x + wide:g} {y:g}v{high}")


def _cuts(side: str) -> list[int]:
    """Return where a side of several parts, such as A+B, is cut."""
    return list(accumulate(SIDES[part] for part in side.split("+")))[:-1]


def _cells_not_zero(box: Box, sheet: int) -> list[tuple[int, int]]:
    """The cells to mark in a sheet of an identity matrix or a Jacobian, if others are zero."""
    rows, columns = (SIDES[side] for side in box.sides[-2:])
    if is_zero_off_blocks(box):
        high, wide = rows // SIDES["M"], columns // SIDES["M"]
        cells = product(range(rows), range(columns))
        return [(row, column) for row, column in cells if row // high == column // wide]
    if zeros(box) == OFF_DIAGONAL:
        return [(at, at) for at in range(columns)]
    if zeros(box) == OFF_COLUMN:
        return [(row, sheet) for row in range(rows)]
    return []


# ------------------------------------------------------------------ three sides


def _stack(box: Box, over: Set[int]) -> Drawing:
    depth, rows, columns = box.sides
    wide, high = SIDES[columns] * UNIT, SIDES[rows] * UNIT
    shift = (SIDES[depth] - 1) * SHEET_STEP
    x, y = _room(rows), (shift - high) / 2
    steps = [at * SHEET_STEP for at in reversed(range(SIDES[depth]))]
    svg = "".join(_sheet(box, x + step, y - step, step // SHEET_STEP) for step in steps)
    svg += _side_before(x, y + high / 2 + 4.5, rows, 1 in over)
    svg += _side_above(x + shift + wide / 2, y - shift - 6, columns, 2 in over)
    svg += _edge(depth, f"M{x + wide + 3:g} {y + high + 3:g}l{shift} {-shift}")
    label = x + wide + shift / 2 + 15
    svg += _side_above(label, y + high - shift / 2 + 6, depth, 0 in over)
    right = max(x + wide + shift + 10, label + LETTER)
    return Drawing(svg, right, high + shift, x + wide / 2)


# ------------------------------------------------------------------ four sides


def _blocks(box: Box, over: Set[int]) -> Drawing:
    outer, (rows, columns) = grid(box)
    wide, high = SIDES[columns] * BLOCK_UNIT, SIDES[rows] * BLOCK_UNIT
    count = SIDES[outer]
    across, down = count * (wide + 3) - 3, count * (high + 3) - 3
    before = f"{outer}·{rows}"
    x, y = _room(before) + 4, -down / 2
    svg = "".join(
        _rectangle(
            "filled" if i == k else "empty", x + k * (wide + 3), y + i * (high + 3), wide, high
        )
        for i, k in product(range(count), repeat=2)
    )
    svg += _edge(outer, f"M{x - 4:g} {y:g}v{down}M{x:g} {y - 4:g}h{across}")
    svg += _side_before(x - 4, 4.5, before, {0, 1} <= over)
    svg += _side_above(x + across / 2, y - 9, f"{outer}·{columns}", {2, 3} <= over)
    return Drawing(svg, x + across, down + 10, x + across / 2)


_DRAW: dict[int, Callable[[Box, Set[int]], Drawing]] = {
    1: _column,
    2: _matrix,
    3: _stack,
    4: _blocks,
}


# ------------------------------------------------------------------ strokes


def _rectangle(kind: str, x: float, y: float, wide: float, high: float) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}"/>'


def _edge(side: str, path: str) -> str:
    return _line(f"edge {_class(side)}", path)


def _line(kind: str, path: str) -> str:
    return f'<path class="{kind}" d="{path}"/>'


def _text(x: float, y: float, kind: str, text: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{text}</text>'


def _room(side: str) -> float:
    """Return the room that the name of a side takes before its box."""
    return LETTER * len(side) + 7.5


def _side_before(x: float, y: float, side: str, is_summed: bool) -> str:
    """Return the name of a side, in the room before x."""
    return _side_above(x - 5 - LETTER * len(side) / 2, y, side, is_summed)


def _side_above(x: float, y: float, side: str, is_summed: bool) -> str:
    """Return the name of a side, around x; a filled ground says that it is summed over."""
    wide = LETTER * len(side) + 5
    ground = (
        f'<rect class="ground {_class(side)}" x="{x - wide / 2:g}" y="{y - 11.5:g}" '
        f'width="{wide:g}" height="15" rx="7"/>'
    )
    letters = "·".join(f'<tspan class="{_class(one)}">{one}</tspan>' for one in side.split("·"))
    kind = "side summed" if is_summed else "side"
    return (ground if is_summed else "") + _text(x, y, kind, letters)


def _class(side: str) -> str:
    return {"A": "side-n", "B": "side-n"}.get(side[0], f"side-{side[0].lower()}")
