"""Hypothesis strategies: sizes, values, memory layouts, and the cases made of them.

A case is a few small choices and one flat draw of bytes. Entry (i, j) of an array is the same
byte at every size, so a smaller case is a corner of the larger one: sizes, values and layouts
shrink apart from each other.
"""

from collections.abc import Callable, Mapping
from math import isqrt
from typing import Literal

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from affine.layer import Array, Case, Operands

__all__ = ["DTYPES", "LAYOUTS", "cases", "class_of", "layouts", "shapes", "values"]

Values = Literal["integers", "reals", "any"]

DTYPES = ("float64", "float32", "float16")


# ------------------------------------------------------------------ sizes


def class_of(shape: tuple[int, int, int]) -> str:
    """Return which kind of sizes (N, D, M) are; what each kind hides differs.

    Examples:
        >>> [class_of(shape) for shape in ((4, 3, 2), (3, 3, 2), (4, 1, 2), (0, 3, 2))]
        ['pairwise different', 'some equal', 'a size of one', 'a size of zero']
    """
    if 0 in shape:
        return "a size of zero"
    if 1 in shape:
        return "a size of one"
    return "pairwise different" if len(set(shape)) == 3 else "some equal"


# Drawn evenly: half of the draws hide no transpose. The first is where shrinking ends; an empty
# array shows a reader the least, so zeros come last.
_KINDS = ("small", *["pairwise different"] * 4, "some equal", "large", "a size of zero")
_SIDE = {"small": st.integers(1, 3), "large": st.integers(1, 20)}
_MIDDLING = st.integers(1, 6)
_KIND, _FILLED_KIND = st.sampled_from(_KINDS), st.sampled_from(_KINDS[:-1])
_PAIR = st.sampled_from([(0, 1), (1, 2), (0, 2)])
_AXIS = st.integers(0, 2)


@st.composite
def shapes(draw: st.DrawFn, *, min_side: int = 0) -> tuple[int, int, int]:
    """Return a strategy for sizes (N, D, M).

    Half of the draws have three different sizes of at least 2, so that no transpose hides;
    the rest are small sizes and ones, pairs of equal sizes, sizes up to 20, and zeros.

    Args:
        min_side: The smallest size; 1 leaves the zeros out.

    Returns:
        Tuples; they shrink towards (1, 1, 1).

    Examples:
        >>> from hypothesis import find
        >>> find(shapes(), lambda shape: True)
        (1, 1, 1)
        >>> 0 in find(shapes(), lambda shape: 0 in shape)
        True
    """
    kind = draw(_KIND if min_side == 0 else _FILLED_KIND)
    side = _SIDE.get(kind, _MIDDLING)
    sides = [draw(side), draw(side), draw(side)]
    if kind == "pairwise different":
        sides = _made_different(sides)
    elif kind == "some equal":
        kept, changed = draw(_PAIR)
        sides[changed] = sides[kept]
    elif kind == "a size of zero":
        sides[draw(_AXIS)] = 0
    return sides[0], sides[1], sides[2]


def _made_different(sides: list[int]) -> list[int]:
    """Count each side on from 2, past the sizes taken before it."""
    taken: list[int] = []
    for side in sides:
        size = side + 1
        for other in sorted(taken):
            size += size >= other
        taken.append(size)
    return taken


# ------------------------------------------------------------------ values


def values(kind: Values = "any") -> st.SearchStrategy[Callable[[bytes, str, int], Array]]:
    """Return a strategy for readings of raw bytes as numbers.

    - `integers`: small whole numbers, for which every sum of the case is exact,
      [(exact-integers)][eq-exact-integers]; half of the time no larger than 3, so that zeros
      and equal entries are common.
    - `reals`: numbers that fill the mantissa, over many orders of magnitude.
    - `any`: either.

    Returns:
        Functions of (bytes, dtype, longest sum); zero bytes are zeros.

    Examples:
        >>> from hypothesis import find
        >>> read = find(values("integers"), lambda read: True)
        >>> read(bytes([0, 1, 2, 255]), "float32", 4)
        array([ 0.,  1.,  2., -1.], dtype=float32)
    """
    return _READINGS[kind]


def _few_integers(raw: bytes, dtype: str, terms: int) -> Array:
    return np.fmod(_digits(raw), 4).astype(dtype)


def _integers(raw: bytes, dtype: str, terms: int) -> Array:
    # Twice the operands must still sum exactly: K·(2R)² + 2R < 2^p.
    significant_bits = int(np.finfo(dtype).nmant) + 1
    limit = isqrt(2**significant_bits // (4 * (terms + 1)))
    return np.fmod(_digits(raw), min(limit, 127) + 1).astype(dtype)


def _reals(raw: bytes, dtype: str, terms: int) -> Array:
    return (_digits(raw) / 7).astype(dtype)


# How far a binary exponent may stray, so that products neither overflow nor underflow.
_SPREAD = {"float16": 2, "float32": 20, "float64": 200}


def _wide_reals(raw: bytes, dtype: str, terms: int) -> Array:
    digits = _digits(raw)
    exponents = np.roll(digits, 1) % (_SPREAD[dtype] + 1) - _SPREAD[dtype]
    return np.ldexp(digits / 7, exponents).astype(dtype)


def _digits(raw: bytes) -> NDArray[np.int16]:
    return np.frombuffer(raw, np.int8).astype(np.int16)


_READINGS: Mapping[Values, st.SearchStrategy[Callable[[bytes, str, int], Array]]] = {
    "integers": st.sampled_from([_few_integers, _integers]),
    "reals": st.sampled_from([_reals, _wide_reals]),
    "any": st.sampled_from([_few_integers, _integers, _reals, _wide_reals]),
}


# ------------------------------------------------------------------ memory layouts


def _every_second(array: Array) -> Array:
    # NaN between the entries: whoever reads past the strides shows it.
    parent = np.full([2 * side + 1 for side in array.shape], np.nan, array.dtype)
    view = parent[(slice(1, None, 2),) * array.ndim]
    view[...] = array
    return view


def _reversed(array: Array) -> Array:
    backwards = (slice(None, None, -1),) * array.ndim
    return np.ascontiguousarray(array[backwards])[backwards]


def _broadcast(array: Array) -> Array:
    # A zero stride means equal rows, so this layout chooses the values too.
    return np.broadcast_to(array[:1].copy(), array.shape)


def _read_only(array: Array) -> Array:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS: Mapping[str, Callable[[Array], Array]] = {
    "C": lambda array: array.copy(),
    "Fortran": lambda array: array.copy(order="F"),
    "transposed view": lambda array: np.ascontiguousarray(array.T).T,
    "strided": _every_second,
    "reversed": _reversed,
    "broadcast": _broadcast,
    "read-only": _read_only,
}
"""How an array can lie in memory: name and the function that lays it out."""


def layouts() -> st.SearchStrategy[str]:
    """Return a strategy for the names in `LAYOUTS`; they shrink towards C order.

    Examples:
        >>> from hypothesis import find
        >>> find(layouts(), lambda name: LAYOUTS[name](np.ones((2, 2))).strides[0] < 0)
        'reversed'
    """
    return _LAYOUT


_LAYOUT = st.sampled_from(list(LAYOUTS))


# ------------------------------------------------------------------ cases


# Which byte of the flat draw each entry reads: eight arrays of at most 20×20. Arrays of 5×5 and
# less share none within a point; larger ones wrap around, and the step starts half-way between.
_BYTES = 127
_PITCH = 6
_START = np.array([0, 31, 62, 93, 16, 47, 78, 109])
_RAW = st.binary(min_size=_BYTES, max_size=_BYTES)
_DTYPE = st.sampled_from(DTYPES)
_CHOICE = st.integers(0, 255)
_ENTRIES = _START[:, None, None] + _PITCH * np.arange(20)[:, None] + np.arange(20)


@st.composite
def cases(draw: st.DrawFn, *, values_of: Values = "any", min_side: int = 0) -> Case:
    """Return a strategy for cases: sizes, one dtype, values, four layouts and a choice.

    Args:
        values_of: Which values, as in `values`.
        min_side: The smallest size, as in `shapes`.

    Returns:
        Cases; they shrink towards C-ordered float64 zeros of sizes (1, 1, 1).

    Examples:
        >>> from hypothesis import find
        >>> case = find(cases(values_of="integers"), lambda case: True)
        >>> case.point.sizes, case.point.dout
        ((1, 1, 1), array([[0.]]))
    """
    n, d, m = draw(shapes(min_side=min_side))
    dtype = draw(_DTYPE)
    read = draw(values(values_of))
    raw = draw(_RAW)
    entries = read(raw, dtype, max(n, d, m)).take(_ENTRIES, mode="wrap")
    names = [draw(_LAYOUT) for _ in Operands._fields]
    point, step = (_cut(four, n, d, m) for four in (entries[:4], entries[4:]))
    laid_out = [LAYOUTS[name](array) for name, array in zip(names, point, strict=True)]
    return Case(Operands(*laid_out), step.map(np.ascontiguousarray), draw(_CHOICE))


def _cut(four: Array, n: int, d: int, m: int) -> Operands:
    x, w, b, dout = four
    return Operands(x[:n, :d], w[:d, :m], b[0, :m], dout[:n, :m])
