"""The smallest case of a failure: its operands, what was expected, and what was got.

Matrices stand side by side, and the entries that differ are marked.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from numbers import Rational
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from rich.text import Text

from affine.checker.report import Outcome
from affine.checker.report.layout import paragraph
from affine.checker.report.snippet import Counterexample, counterexample, layout
from affine.checker.report.words import number
from affine.layer import Array, Operands, WorkerDied
from affine.oracle import Violation
from affine.quantities import QUANTITIES, SIDES

__all__ = ["block", "case_lines", "side_by_side"]

Block: TypeAlias = list[Text]
"""The lines of one matrix: its title, then its rows, all of one width."""

_MOST = 6
_SHOWN = 5
_GAP = "   "


def case_lines(outcome: Outcome, width: int, reduction: str = "sum") -> Iterator[Text]:
    """Yield the smallest case as lines: its sizes, its operands, then expected and got."""
    shown = counterexample(outcome, reduction)
    if shown is None:
        return
    point, error = shown.case.primal, shown.violation
    n, d, m = error.sizes or point.sizes
    # To shrink a case on which the process ends would take a process, or a time limit, a step.
    which = "A case" if isinstance(shown.error, WorkerDied) else "The smallest case"
    dtypes = {array.dtype.name for array in point}
    dtype = f", {dtypes.pop()}" if len(dtypes) == 1 and dtypes != {"float64"} else ""
    yield Text(f"{which} that shows it: N = {n}, D = {d}, M = {m}{dtype}")
    if shown.is_summed:
        yield Text(
            "The layer is given N·dout and its dx is divided by N: dw and db are sums again."
        )
    got, should = error.got, error.expected
    wrong = None  # where they differ, if they can be compared
    if _is_matrix(got) and _is_matrix(should) and got.shape == should.shape:
        both_nan = (got != got) & (should != should)
        wrong = np.asarray((got.astype(object) != should.astype(object)) & ~both_nan, dtype=bool)
    first = [] if wrong is None or not wrong.any() else [int(at) for at in np.argwhere(wrong)[0]]
    for blocks in (_operands(shown, wrong, first), _results(shown, wrong, first)):
        if blocks:
            yield Text()
            yield from side_by_side(blocks, width)


def _is_matrix(value: Any) -> TypeGuard[Array]:
    """Whether it is an array of numbers; a layer may return an array of anything."""
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return False
    exact = value.dtype.kind == "O" and all(isinstance(entry, Rational) for entry in value.flat)
    return value.dtype.kind in "fiu" or exact


def _operands(shown: Counterexample, wrong: Array | None, first: Sequence[int]) -> list[Block]:
    """The operands of the wrong quantity, and whatever else did not shrink to 0."""
    point, used = shown.case.primal, {*Operands._fields, *shown.names_used()}
    needed: Sequence[str] = ()
    if shown.expected is not None:
        needed = QUANTITIES[shown.violation.quantity].operands
    if not isinstance(shown.error, Violation):
        needed = Operands._fields
    # Large ones are shown around the first entry that differs, else the last that is not 0.
    centres = dict.fromkeys("NDM", 0)
    for name, array in point._asdict().items():
        for side, places in zip(SIDES[name], np.nonzero(array), strict=True):
            centres[side] = max([centres[side], *map(int, places)])
    sizes = dict(zip("NDM", point.sizes, strict=True))
    sides = SIDES.get(shown.violation.quantity, "")
    if wrong is not None and wrong.shape == tuple(sizes[side] for side in sides):
        centres |= zip(sides, first, strict=False)
    mixed = len({array.dtype for array in point}) > 1
    blocks = []
    for name, array in shown.operands().items():
        if name in needed or (name in used and array.any()):
            notes = filter(None, [array.dtype.name if mixed else "", layout(array)])
            centre = [centres[side] for side in SIDES[name.rstrip("2")]]
            blocks.append(block(name, array, centre, note="".join(f", {note}" for note in notes)))
    return blocks


def _results(shown: Counterexample, wrong: Array | None, first: Sequence[int]) -> list[Block]:
    error = shown.violation
    if not _is_matrix(error.got):
        return []
    got, should = error.got, shown.expected if error.expected is None else error.expected
    if not _is_matrix(should):
        return [block(f"got {error.quantity}", got)]
    # Two numbers that differ never look alike.
    differing = [] if wrong is None else zip(got[wrong], should[wrong], strict=True)
    fully = any(number(one) == number(other) for one, other in differing)
    marked: dict[str, Any] = {"marks": wrong, "fully": fully}
    return [
        block(f"expected {error.quantity}", should, first, style="bold green", **marked),
        block(f"got {error.quantity}", got, first, style="bold red", signs=("›", "‹"), **marked),
    ]


# ------------------------------------------------------------------ matrices as lines


def block(
    name: str,
    array: Array,
    centre: Sequence[int] = (),
    marks: Array | None = None,
    fully: bool = False,
    style: str = "",
    signs: tuple[str, str] = ("", ""),
    note: str = "",
) -> Block:
    """Return a matrix as lines, or the part of a large one around an entry."""
    part, cut = [], []
    for size, at in zip(array.shape, centre or [0] * array.ndim, strict=True):
        start = 0 if size <= _MOST else min(max(at - _SHOWN // 2, 0), size - _SHOWN)
        stop = size if size <= _MOST else start + _SHOWN
        part.append(slice(start, stop))
        cut.append(":" if size <= _MOST else f"{start}:{stop}")
    shape = "×".join(map(str, array.shape)) if array.ndim > 1 else f"{len(array)},"
    is_whole = max(array.shape) <= _MOST
    title = f"{name} ({shape})" if is_whole else f"{name}[{', '.join(cut)}] of ({shape})"
    marks = np.zeros(array.shape, dtype=bool) if marks is None else marks
    entries, marked = (_as_rows(each[tuple(part)]) for each in (array, marks))
    columns = []
    for column, flags in zip(entries.T, marked.T, strict=True):
        # Right-aligned; a mark stands outside the alignment.
        left, right = signs if flags.any() else ("", "")
        blank = " " * len(left)
        cells = [
            left + number(entry, fully=fully) + right if mark else blank + number(entry) + blank
            for entry, mark in zip(column, flags, strict=True)
        ]
        width = max(map(len, cells))
        styles = [style if mark else "" for mark in flags]
        columns.append([paragraph(*cell) for cell in zip(cells, styles, strict=True)])
        for cell in columns[-1]:
            cell.pad_left(width - len(cell))
    rows = [Text("[") + Text(" ").join(row) + Text("]") for row in zip(*columns, strict=True)]
    lines = [Text(title + note, style="bold"), *rows]
    width = max(line.cell_len for line in lines)
    return [line + Text(" " * (width - line.cell_len)) for line in lines]


def _as_rows(array: Array) -> Array:
    columns = array.shape[-1] if array.ndim else 1
    return array.reshape(-1, columns) if array.size else np.empty((0, 0))


def side_by_side(blocks: Sequence[Block], width: int) -> Iterator[Text]:
    """Yield the lines of blocks in a row, or in several where a row has no room for all."""
    rows: list[list[Block]] = [[]]
    for following in blocks:
        wanted = sum(lines[0].cell_len + len(_GAP) for lines in [*rows[-1], following])
        if rows[-1] and wanted - len(_GAP) > width:
            rows.append([])
        rows[-1].append(following)
    for index, row in enumerate(rows):
        if index:
            yield Text()
        for pieces in zip_longest(*row):
            yield Text(_GAP).join(
                piece or Text(" " * lines[0].cell_len)
                for piece, lines in zip(pieces, row, strict=True)
            )
