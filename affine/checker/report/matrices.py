"""Small matrices side by side, with the entries that differ marked."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import Any

import numpy as np
from rich.text import Text

from affine.checker.report.layout import paragraph
from affine.layer import Array

__all__ = ["Block", "block", "number", "side_by_side", "window"]

Block = list[Text]
"""The lines of one matrix: its title, then its rows, all of one width."""

_MOST = 6
_SHOWN = 5
_DIGITS = 9
_GAP = "   "


def number(value: Any, *, fully: bool = False) -> str:
    """Return a number as a reader writes it: a whole one without a point, others in short.

    Args:
        value: A number of any dtype, or an exact one.
        fully: Every digit, also where that takes many.

    Examples:
        >>> number(2.0), number(Fraction(1, 2)), number(np.float32(0.1))
        ('2', '0.5', '0.1')
        >>> number(1 / 7), number(1 / 7, fully=True)
        ('~0.14286', '0.14285714285714285')
    """
    if isinstance(value, Fraction):
        value = float(value)
    whole = int(value) if np.isfinite(float(value)) else None
    if whole == value and abs(int(value)) < 10**17:
        return "-0" if value == 0 and np.signbit(float(value)) else str(whole)
    text = str(value)
    return text if fully or len(text) <= _DIGITS else f"~{float(value):.5g}"


def window(size: int, centre: int) -> slice:
    """Return the part of an axis that is shown: all of a short one, else five around an entry.

    Examples:
        >>> window(6, 0), window(129, 128)
        (slice(0, 6, None), slice(124, 129, None))
    """
    if size <= _MOST:
        return slice(0, size)
    start = min(max(centre - _SHOWN // 2, 0), size - _SHOWN)
    return slice(start, start + _SHOWN)


def block(
    name: str,
    array: Array,
    *,
    shown: Sequence[slice] = (),
    marks: Array | None = None,
    fully: bool = False,
    style: str = "",
    signs: tuple[str, str] = ("›", "‹"),
    note: str = "",
) -> Block:
    """Return a matrix as lines.

    Args:
        name: What stands above it, with its shape.
        array: Numbers of any dtype; of more than two axes, the rows stand below each other.
        shown: The part to show, axis by axis; () for all of it.
        marks: True where an entry is to be marked.
        fully: Print the marked entries with every digit.
        style: How the marked entries are painted, where there is colour.
        signs: What stands around the marked entries, so that they show without colour.
        note: What else to say about it, such as its memory layout.

    Examples:
        >>> array = np.array([[1.0, 0.25], [10.0, 2.0]])
        >>> for line in block("dw", array, marks=array < 1):
        ...     print(line.plain)
        dw (2×2)...
        [ 1 ›0.25‹]
        [10     2 ]
    """
    part = tuple(shown) or (slice(None),) * array.ndim
    entries = _as_rows(array[part])
    marked = _as_rows((np.zeros(array.shape, dtype=bool) if marks is None else marks)[part])
    columns = [
        _column(column, flags, fully, style, signs)
        for column, flags in zip(entries.T, marked.T, strict=True)
    ]
    rows = [Text("[") + Text(" ").join(row) + Text("]") for row in zip(*columns, strict=True)]
    return _padded([Text(_title(name, array.shape, part) + note, style="bold"), *rows])


def side_by_side(blocks: Sequence[Block], width: int) -> Iterator[Text]:
    """Yield the lines of blocks in a row, or in several where a row has no room for all.

    Examples:
        >>> one = block("b", np.ones(1))
        >>> [line.plain for line in side_by_side([one, one], width=20)]
        ['b (1,)   b (1,)', '[1]      [1]   ']
    """
    row: list[Block] = []
    for following in blocks:
        if row and _width([*row, following]) > width:
            yield from _joined(row)
            yield Text()
            row = []
        row.append(following)
    yield from _joined(row)


def _as_rows(array: Array) -> Array:
    return (
        array.reshape(-1, array.shape[-1] if array.ndim else 1) if array.size else np.empty((0, 0))
    )


def _width(row: Sequence[Block]) -> int:
    return sum(lines[0].cell_len + len(_GAP) for lines in row) - len(_GAP)


def _joined(row: Sequence[Block]) -> Iterator[Text]:
    for pieces in zip_longest(*row):
        yield Text(_GAP).join(
            Text(" " * lines[0].cell_len) if piece is None else piece
            for piece, lines in zip(pieces, row, strict=True)
        )


def _title(name: str, shape: tuple[int, ...], part: Sequence[slice]) -> str:
    cut = [
        ":" if axis.indices(size) == (0, size, 1) else f"{axis.start}:{axis.stop}"
        for axis, size in zip(part, shape, strict=True)
    ]
    sides = "×".join(map(str, shape)) if len(shape) > 1 else repr(shape).strip("()")
    return f"{name} ({sides})" if set(cut) <= {":"} else f"{name}[{', '.join(cut)}] of ({sides})"


def _column(
    entries: Array, marked: Array, fully: bool, style: str, signs: tuple[str, str]
) -> list[Text]:
    """Return the cells of a column, right-aligned; a mark stands outside the alignment."""
    left, right = signs if marked.any() else ("", "")
    blank = " " * len(left)
    cells = [
        left + number(entry, fully=fully) + right if mark else blank + number(entry) + blank
        for entry, mark in zip(entries, marked, strict=True)
    ]
    wide = max(map(len, cells), default=0)
    return [
        Text(" " * (wide - len(cell))) + paragraph(cell, style if mark else "")
        for cell, mark in zip(cells, marked, strict=True)
    ]


def _padded(lines: list[Text]) -> Block:
    wide = max(line.cell_len for line in lines)
    return [line + Text(" " * (wide - line.cell_len)) for line in lines]
