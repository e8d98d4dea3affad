"""Operands: the cases made of sizes, numbers and memory layouts.

A case is one flat draw of bytes: some are choices, the others entries. Entry (i, j) of an array
is the same byte at every size, so a smaller case is a corner of the larger one: sizes, values and
layouts shrink apart from each other.

One draw, because Hypothesis repeats parts of a test case that it takes for alike: with several
draws, half of the cases had the entries of an earlier one.

No Hypothesis is inside: a check reads its cases from random bytes, and draws thousands of them.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from affine.cases.memory import LAYOUTS
from affine.cases.numbers import DECODERS, Values, limit
from affine.cases.sizes import large_sizes, usual_sizes
from affine.layer import Array, Case, Operands

__all__ = ["BYTES", "DTYPES", "Sizes", "at_small_sizes", "read_case"]

Sizes = Literal["usual", "many data points", "many features", "many outputs", "all large"]

DTYPES = ("float64", "float32", "float16")

# What the bytes of the draw are. Those of the sizes come first: they are shrunk first.
_SIZES, _DTYPE, _READING, _CHOICE, _LAYOUTS, _ENTRIES = (
    slice(6), 6, 7, slice(8, 10), slice(10, 14), slice(14, 14 + 127)
)  # fmt: skip
BYTES = _ENTRIES.stop
"""How many bytes stand for a case."""


def read_case(raw: bytes, *, values: Values, min_side: int, layouts: bool, sizes: Sizes) -> Case:
    """Return the case that bytes stand for; the other arguments are those of `cases`.

    Examples:
        >>> ways = {"values": "integers", "min_side": 1, "layouts": False}
        >>> read_case(bytes(141), sizes="usual", **ways).primal.sizes
        (1, 1, 1)
    """
    if sizes != "usual":
        return _large_case(raw, sizes)
    readings, names = DECODERS[values], list(LAYOUTS)
    read = readings[raw[_READING] % len(readings)]
    chosen = [names[byte % len(names)] for byte in raw[_LAYOUTS]] if layouts else []
    return _usual_case(raw, usual_sizes(raw[_SIZES], min_side), read, chosen)


def at_small_sizes(raw: bytes, entries: bytes, sizes: tuple[int, int, int]) -> bytes:
    """Return the bytes of a case: choices of one, entries of another, and sizes up to 3.

    Examples:
        >>> raw = at_small_sizes(bytes(141), bytes(141), (3, 1, 2))
        >>> read_case(raw, values="any", min_side=1, layouts=False, sizes="usual").primal.sizes
        (3, 1, 2)
    """
    n, d, m = sizes
    return bytes([0, n - 1, d - 1, m - 1]) + raw[4 : _ENTRIES.start] + entries[_ENTRIES]


# ------------------------------------------------------------------ usual cases


# Which byte each entry reads: eight arrays of at most 20×20. Arrays of 5×5 and less share none
# within a point; larger ones wrap around, and the step starts half-way between.
_START = np.array([0, 31, 62, 93, 16, 47, 78, 109])
_PITCH = 6
_PLACES = _START[:, None, None] + _PITCH * np.arange(20)[:, None] + np.arange(20)

_ODD = np.arange(20)[:, None] % 2 == 1
_PATTERNS: Sequence[Callable[[Array], Array]] = (
    *[lambda entries: entries] * 5,
    lambda entries: np.broadcast_to(entries[:, :1], entries.shape),  # equal rows
    lambda entries: np.where(_ODD, -entries[:, :1], entries[:, :1]),  # rows that cancel
    lambda entries: np.where(_ODD, 0, entries),  # rows of zeros
)


def _usual_case(
    raw: bytes,
    sizes: tuple[int, int, int],
    read: Callable[[bytes, str, int], Array],
    layouts: Sequence[str],
) -> Case:
    dtype = DTYPES[raw[_DTYPE] % len(DTYPES)]
    entries = read(raw[_ENTRIES], dtype, max(sizes)).take(_PLACES, mode="wrap")
    entries = _PATTERNS[raw[_DTYPE] // 32](entries)
    point, step = (_cut(four, *sizes) for four in (entries[:4], entries[4:]))
    if layouts:
        laid_out = (LAYOUTS[name](array) for name, array in zip(layouts, point, strict=True))
        point = Operands(*laid_out)
    return Case(point, step, int.from_bytes(raw[_CHOICE]))


def _cut(four: Array, n: int, d: int, m: int) -> Operands:
    x, w, b, dout = four
    return Operands(x[:n, :d].copy(), w[:d, :m].copy(), b[0, :m].copy(), dout[:n, :m].copy())


# ------------------------------------------------------------------ large cases


# Small integers are easier to read; of the large ones an int64 holds the sums of three factors.
_LARGEST_INTEGERS = (3, 1000)


def _large_case(raw: bytes, kind: str) -> Case:
    n, d, m = large_sizes(raw[_SIZES], kind)
    # Half precision has too few exact integers for sums of this length.
    dtype, choice = DTYPES[raw[_DTYPE] % 2], int.from_bytes(raw[_CHOICE])
    # Thousands of drawn bytes would be slow to draw and slower to shrink: crops make it small.
    generator = np.random.default_rng(choice)
    largest = min(limit(dtype, max(n, d, m)), _LARGEST_INTEGERS[raw[_READING] % 2])

    def operands() -> Operands:
        shapes = (n, d), (d, m), (m,), (n, m)
        drawn = (generator.integers(-largest, largest, shape, endpoint=True) for shape in shapes)
        return Operands(*(array.astype(dtype) for array in drawn))

    return Case(operands(), operands(), choice)
