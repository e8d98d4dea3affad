"""Shapes as a picture: `dW[D,M] = Xᵀ[D,N] · dout[N,M]` becomes boxes with proportional sides.

A side has one length and one colour wherever it occurs, so that two boxes that multiply
are seen to fit. Three sides make a stack of sheets, four a grid of blocks.
"""

import re
from collections.abc import Callable, Sequence
from html import escape
from itertools import product
from typing import NamedTuple

from docs.machinery import names

__all__ = ["Box", "BoxesError", "draw", "parse"]

SIDES = {"1": 1, "M": 2, "D": 3, "D+1": 4, "N": 5, "K": 6}
OPERATORS = {"=": "equals", "+": "plus", "·": "times", "×": "times", ",": "and"}

OFF_DIAGONAL = "zero off the diagonal"
OFF_COLUMN = "zero but for column k of sheet k"

UNIT, BLOCK_UNIT, SHEET_STEP = 15, 9, 6
LABEL, GAP, OPERATOR_WIDTH = 17, 5, 24


class BoxesError(ValueError):
    """A picture that the little language does not describe."""


class Box(NamedTuple):
    """One quantity and its sides."""

    name: str
    sides: tuple[str, ...]


class Drawing(NamedTuple):
    """SVG drawn around the middle line y = 0, from x = 0, and the room it takes."""

    svg: str
    width: float
    height: float
    middle: float


def parse(text: str) -> list[Box | str]:
    """Read boxes and the operators between them."""
    pieces = re.split(r"\s([=+·×,])\s", text.strip())
    return [piece if at % 2 else _box(piece, text) for at, piece in enumerate(pieces)]


def _box(piece: str, text: str) -> Box:
    match = re.fullmatch(r"\s*(\S.*?)\[([^\[\]]+)\]\s*", piece)
    if not match:
        raise BoxesError(f"{piece!r} in the boxes {text!r} is not a name[side,side]")
    sides = tuple(side.strip() for side in match[2].split(","))
    if not set(sides) <= set(SIDES) or len(sides) not in _DRAW:
        known = ", ".join(SIDES)
        raise BoxesError(f"{piece!r} in the boxes {text!r} needs one to four sides among {known}")
    return Box(match[1], sides)


def draw(text: str) -> str:
    """Return the picture of `text` as one SVG element."""
    terms = parse(text)
    drawings = [_DRAW[len(term.sides)](term) for term in terms if isinstance(term, Box)]
    half = max(drawing.height for drawing in drawings) / 2
    x, body = 0.0, ""
    for term in terms:
        if isinstance(term, str):
            body += _text(x + OPERATOR_WIDTH / 2, 5, "operator", term)
            x += OPERATOR_WIDTH
            continue
        drawing = _DRAW[len(term.sides)](term)
        label = names.width(term.name) / 2
        x += max(label - drawing.middle, 0)
        body += f'<g transform="translate({x:g} 0)">{drawing.svg}</g>'
        body += _text(x + drawing.middle, half + 19, "name", names.to_svg(term.name))
        x += max(drawing.width, drawing.middle + label) + GAP
    return _svg(body, x - GAP, half, _describe(terms))


def _svg(body: str, wide: float, half: float, description: str) -> str:
    top, high = -half - 20, 2 * half + 48
    return (
        f'<svg class="boxes" role="img" viewBox="-2 {top:g} {wide + 4:g} {high:g}" '
        f'width="{wide + 4:g}" height="{high:g}"><title>{escape(description)}</title>{body}</svg>'
    )


def _describe(terms: Sequence[Box | str]) -> str:
    said = [OPERATORS[t] if isinstance(t, str) else _describe_box(t) for t in terms]
    return "Shapes: " + " ".join(said) + "."


def _describe_box(box: Box) -> str:
    shape = f"{box.name} ({' by '.join(box.sides)})"
    if len(box.sides) == 4:
        grid, block = _grid(box)
        return f"{shape}: {grid} by {grid} blocks, each {' by '.join(block)}, zero off the diagonal"
    return f"{shape}, {_zeros(box)}" if _zeros(box) else shape


# ------------------------------------------------------------------ two sides, and one


def _column(box: Box) -> Drawing:
    return _matrix(Box(box.name, (*box.sides, "1")), is_vector=True)


def _matrix(box: Box, is_vector: bool = False) -> Drawing:
    rows, columns = box.sides
    wide, high = SIDES[columns] * UNIT, SIDES[rows] * UNIT
    svg = _text(LABEL - 5, 4.5, "side end", rows, rows)
    svg += _text(LABEL + wide / 2, -high / 2 - 6, "side", "" if is_vector else columns, columns)
    return Drawing(svg + _sheet(box, LABEL, -high / 2), LABEL + wide, high, LABEL + wide / 2)


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
    svg += _edge(columns, f"M{x:g} {y:g}h{wide}M{x:g} {y + high:g}h{wide}")
    return svg + _edge(rows, f"M{x:g} {y:g}v{high}M{x + wide:g} {y:g}v{high}")


def _cells_not_zero(box: Box, sheet: int) -> list[tuple[int, int]]:
    """The cells to mark in a sheet of an identity matrix or a Jacobian, if others are zero."""
    if _zeros(box) == OFF_DIAGONAL:
        return [(at, at) for at in range(SIDES[box.sides[-1]])]
    if _zeros(box) == OFF_COLUMN:
        return [(row, sheet) for row in range(SIDES[box.sides[-2]])]
    return []


def _zeros(box: Box) -> str:
    """Where the zeros of an identity matrix or a Jacobian are, in words."""
    if not (box.name == "I" or box.name.startswith("∂")) or "1" in box.sides:
        return ""
    match box.sides:
        case (*_, row, column) if row == column:
            return OFF_DIAGONAL
        case (sheet, _, column) if sheet == column:
            return OFF_COLUMN
    return ""


# ------------------------------------------------------------------ three sides


def _stack(box: Box) -> Drawing:
    depth, rows, columns = box.sides
    wide, high = SIDES[columns] * UNIT, SIDES[rows] * UNIT
    shift = (SIDES[depth] - 1) * SHEET_STEP
    x, y = LABEL, (shift - high) / 2
    steps = [at * SHEET_STEP for at in reversed(range(SIDES[depth]))]
    svg = "".join(_sheet(box, x + step, y - step, step // SHEET_STEP) for step in steps)
    svg += _text(LABEL - 5, y + high / 2 + 4.5, "side end", rows, rows)
    svg += _text(x + shift + wide / 2, y - shift - 6, "side", columns, columns)
    svg += _edge(depth, f"M{x + wide + 3:g} {y + high + 3:g}l{shift} {-shift}")
    svg += _text(x + wide + shift / 2 + 11, y + high - shift / 2 + 12, "side", depth, depth)
    return Drawing(svg, x + wide + shift + 10, high + shift, x + wide / 2)


# ------------------------------------------------------------------ four sides


def _blocks(box: Box) -> Drawing:
    grid, (rows, columns) = _grid(box)
    wide, high = SIDES[columns] * BLOCK_UNIT, SIDES[rows] * BLOCK_UNIT
    count = SIDES[grid]
    across, down = count * (wide + 3) - 3, count * (high + 3) - 3
    x, y = LABEL + 20, -down / 2
    svg = "".join(
        _rectangle(
            "filled" if i == k else "empty", x + k * (wide + 3), y + i * (high + 3), wide, high
        )
        for i, k in product(range(count), repeat=2)
    )
    svg += _edge(grid, f"M{x - 4:g} {y:g}v{down}M{x:g} {y - 4:g}h{across}")
    svg += f'<text class="side end" x="{x - 9:g}" y="4.5">{_both(grid, rows)}</text>'
    svg += f'<text class="side" x="{x + across / 2:g}" y="{y - 9:g}">{_both(grid, columns)}</text>'
    return Drawing(svg, x + across, down + 10, x + across / 2)


def _grid(box: Box) -> tuple[str, tuple[str, str]]:
    """Split four sides into the one both index pairs share, and the two of a block."""
    first, second, third, fourth = box.sides
    if first == third:
        return first, (second, fourth)
    if second == fourth:
        return second, (first, third)
    raise BoxesError(f"the four sides of {box.name!r} share no side: {box.sides}")


def _both(outer: str, inner: str) -> str:
    return "·".join(f'<tspan class="{_class(side)}">{side}</tspan>' for side in (outer, inner))


_DRAW: dict[int, Callable[[Box], Drawing]] = {1: _column, 2: _matrix, 3: _stack, 4: _blocks}


# ------------------------------------------------------------------ strokes


def _rectangle(kind: str, x: float, y: float, wide: float, high: float) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}"/>'


def _edge(side: str, path: str) -> str:
    return f'<path class="edge {_class(side)}" d="{path}"/>'


def _text(x: float, y: float, kind: str, text: str, side: str = "") -> str:
    return f'<text class="{kind} {_class(side)}" x="{x:g}" y="{y:g}">{text}</text>'


def _class(side: str) -> str:
    return f"side-{side[0].lower()}" if side else ""
