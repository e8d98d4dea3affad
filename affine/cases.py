"""Cases, built of sizes, values and memory layouts.

`affine.strategies` draws the parts with Hypothesis. A check reads them from random bytes, because
Hypothesis takes as long to load as NumPy, and its engine several times what a small case takes.
Either way smaller choices are plainer parts, and entry (i, j) of an array is the same
number at every size: a smaller case is a corner of the larger one, so that sizes, values and
layouts shrink apart from each other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from affine.layer import Array, Case, Operands
from affine.oracle import exact_limit

__all__ = [
    "DECODERS", "DTYPES", "LARGE", "LAYOUTS", "LAYOUT_BYTES", "POOL_BYTES", "SIZE_BYTES",
    "VALUE_BYTES", "Sizes", "ValueKind", "Values", "build_case", "read_layouts", "read_sizes",
]  # fmt: skip

Sizes: TypeAlias = tuple[int, int, int]
ValueKind: TypeAlias = Literal["integers", "reals", "any"]

DTYPES = ("float64", "float32", "float16")


# ------------------------------------------------------------------ sizes

# Each entry as often as the others: half of the sizes hide no transpose. The first is where
# shrinking ends; an empty array shows a reader the least, so zeros come last.
_KINDS = ("small", *["pairwise different"] * 4, "some equal", "large", "a size of zero")
_LARGEST = {"small": 3, "large": 20}
_EQUAL = (0, 1), (1, 2), (0, 2), (0, 1, 2)

_LONG, _SHORT = range(131, 601), range(4, 21)
_AROUND_BLOCKS = (31, 32, 33, 63, 64, 65, 127, 128, 129)
LARGE: Mapping[str, tuple[Sequence[int], Sequence[int], Sequence[int]]] = {
    "many data points": (_LONG, _SHORT, _SHORT),
    "many features": (_SHORT, _LONG, _SHORT),
    "many outputs": (_SHORT, _SHORT, _LONG),
    "all large": (_AROUND_BLOCKS, _AROUND_BLOCKS, _AROUND_BLOCKS),
}
"""From what N, D and M are chosen where not all of them are small."""

SIZE_BYTES = 6


def read_sizes(raw: bytes, kind: str, zeros: bool = True) -> Sizes:
    """Return the sizes (N, D, M) that bytes stand for, as in `affine.strategies.sizes`.

    Of kind `narrow`, M or D is often 1.

    Examples:
        >>> read_sizes(bytes(6), "usual"), read_sizes(bytes([1, 3, 1, 4, 0, 0]), "usual")
        ((1, 1, 1), (5, 3, 8))
        >>> read_sizes(bytes(6), "many features")
        (4, 131, 4)
    """
    if kind in LARGE:
        numbers = np.frombuffer(raw, ">u2")
        n, d, m = (every[k % len(every)] for k, every in zip(numbers, LARGE[kind], strict=True))
        return n, d, m
    kinds = _KINDS if zeros else _KINDS[:-1]
    usual, which = kinds[raw[0] % len(kinds)], raw[4] % 4
    sizes = [1 + number % _LARGEST.get(usual, 6) for number in raw[1:4]]
    if usual == "pairwise different":
        sizes = _made_different(sizes)
    elif usual == "some equal":
        for axis in _EQUAL[which]:
            sizes[axis] = 1 + raw[1] % 6
    elif usual == "a size of zero":
        sizes[which % 3] = 0
    if kind == "narrow" and (side := raw[5] % 3):
        sizes[side] = 1
    n, d, m = sizes
    return n, d, m


def _made_different(sizes: Sequence[int]) -> list[int]:
    """Count each size on from 2, past those taken before it."""
    taken: list[int] = []
    for size in sizes:
        size += 1
        for other in sorted(taken):
            size += size >= other
        taken.append(size)
    return taken


# ------------------------------------------------------------------ values

Decoder: TypeAlias = Callable[[Array, str, int], Array]


def _few_integers(digits: Array, dtype: str, terms: int) -> Array:
    return np.fmod(digits, 4)


def _integers(digits: Array, dtype: str, terms: int) -> Array:
    # Twice the operands still sum exactly.
    return np.fmod(digits, min(exact_limit(terms, dtype) // 2, 127) + 1)


def _reals(digits: Array, dtype: str, terms: int) -> Array:
    return np.asarray(digits / 7)


def _spread_reals(digits: Array, dtype: str, terms: int) -> Array:
    return _scattered(digits, 8 if dtype != "float16" else 2)


def _wide_reals(digits: Array, dtype: str, terms: int) -> Array:
    # So far that products neither overflow nor underflow.
    return _scattered(digits, {"float16": 2, "float32": 20, "float64": 200}[dtype])


def _scattered(digits: Array, spread: int) -> Array:
    return np.asarray(np.ldexp(digits / 7, np.roll(digits, 1) % (spread + 1) - spread))


DECODERS: Mapping[ValueKind, Sequence[Decoder]] = {
    "integers": (_few_integers, _integers),
    "reals": (_reals, _spread_reals),
    "any": (_few_integers, _few_integers, _integers, _reals, _wide_reals),
}
"""How signed bytes are read as numbers for a dtype and sums of a length; zero bytes are zeros.

- `integers`: small whole numbers, for which every sum of the case is exact,
  [(exact-integers)][eq-exact-integers]; half of the time no larger than 3, so that zeros
  and equal entries are common.
- `reals`: numbers that fill the mantissa, over a few orders of magnitude.
- `any`: either, and reals over very many orders of magnitude.
"""

_ODD = np.arange(20)[:, None] % 2 == 1
# What is made of the rows of all arrays of a case.
_PATTERNS: Sequence[Callable[[Array], Array]] = (
    *[lambda entries: entries] * 5,
    lambda entries: np.broadcast_to(entries[:, :1], entries.shape),  # equal rows
    lambda entries: np.where(_ODD, -entries[:, :1], entries[:, :1]),  # rows that cancel
    lambda entries: np.where(_ODD, 0, entries),  # rows of zeros
)

# Which byte each entry reads: eight arrays of at most 20×20. Arrays of 5×5 and less share none
# within one set of operands; larger ones wrap around, and the second set starts half-way between.
POOL_BYTES = 127
_START = np.array([0, 31, 62, 93, 16, 47, 78, 109])
_PLACES = _START[:, None, None] + 6 * np.arange(20)[:, None] + np.arange(20)


# The bytes that stand for values: three choices, the selector, and the pool.
VALUE_BYTES = 5 + POOL_BYTES


class Values(NamedTuple):
    """The numbers of a case, before it has sizes; smaller bytes are plainer ones.

    Attributes:
        raw: The bytes.
        kind: How they are read, as in `DECODERS`.
        dtypes: From which the one of all eight arrays is chosen.
    """

    raw: bytes
    kind: ValueKind
    dtypes: Sequence[str] = DTYPES

    @property
    def selector(self) -> int:
        """The number from which a property picks a row, a split or an order."""
        return int.from_bytes(self.raw[3:5])

    def arrays(self, sizes: Sizes) -> tuple[Operands, Operands]:
        """Return two sets of operands of these sizes, C-ordered and writable."""
        which, decoder, pattern, *_ = self.raw
        dtype, decoders = self.dtypes[which % len(self.dtypes)], DECODERS[self.kind]
        if max(sizes) > len(_PLACES[0]):
            # Half precision has too few integers.
            wide = "float32" if dtype == "float16" and "float32" in self.dtypes else dtype
            return self._large(sizes, wide, 0), self._large(sizes, wide, 1)
        digits = np.frombuffer(self.raw[5:], np.int8).astype(np.int16)
        numbers = decoders[decoder % len(decoders)](digits, dtype, max(sizes)).astype(dtype)
        entries = _PATTERNS[pattern // 32](numbers.take(_PLACES, mode="wrap"))
        n, d, m = sizes
        one, other = (
            Operands(x[:n, :d].copy(), w[:d, :m].copy(), b[0, :m].copy(), dout[:n, :m].copy())
            for x, w, b, dout in (entries[:4], entries[4:])
        )
        return one, other

    def _large(self, sizes: Sizes, dtype: str, seed: int) -> Operands:
        """Return integers from a generator: thousands of bytes would be slow to draw and shrink."""
        # Small integers are easier to read; of larger ones int64 holds the sums of three factors.
        wanted = (3, 1000)[self.raw[5] % 2]
        largest = max(min(exact_limit(max(sizes), dtype) // 2, wanted), 1)
        generator = np.random.default_rng((*self.raw[5:13], seed))

        def draw(shape: tuple[int, ...]) -> Array:
            return generator.integers(-largest, largest, shape, endpoint=True).astype(dtype)

        return Operands.of_sizes(sizes, draw)


# ------------------------------------------------------------------ memory layouts


def _padded_rows(array: Array) -> Array:
    # A slice `wide[:, :k]`: rows that lie further apart than they are long, as BLAS's lda says.
    # NaN between the entries: whoever reads past the strides shows it.
    wide = np.full((*array.shape[:-1], array.shape[-1] + 1), np.nan, array.dtype)
    view = wide[..., :-1]
    view[...] = array
    return view


def _every_second(array: Array) -> Array:
    parent = np.full([2 * side + 1 for side in array.shape], np.nan, array.dtype)
    view = parent[(slice(1, None, 2),) * array.ndim]
    view[...] = array
    return view


def _reversed(array: Array) -> Array:
    backwards = (slice(None, None, -1),) * array.ndim
    return np.ascontiguousarray(array[backwards])[backwards]


def _broadcast(array: Array) -> Array:
    # A zero stride means equal rows, so this layout changes the values too. Writable, as all the
    # others: whether a layer writes is the matter of another property.
    return as_strided(array[:1].copy(), array.shape, (0, *array.strides[1:]), writeable=True)


LAYOUTS: Mapping[str, Callable[[Array], Array]] = {
    "C": lambda array: array.copy(),
    "padded rows": _padded_rows,
    "Fortran": lambda array: array.copy(order="F"),
    "transposed view": lambda array: np.ascontiguousarray(array.T).T,
    "strided": _every_second,
    "reversed": _reversed,
    "broadcast": _broadcast,
}
"""How an array can lie in memory: name and the function that lays it out."""

LAYOUT_BYTES = 4

# A third of the arrays are slices of wider ones, as most that are not packed are.
_DRAWN_LAYOUTS = (*LAYOUTS, "padded rows", "padded rows")


def read_layouts(raw: bytes) -> tuple[str, ...]:
    """Return the layouts of x, w, b and dout that bytes stand for, as names in `LAYOUTS`."""
    return tuple(_DRAWN_LAYOUTS[byte % len(_DRAWN_LAYOUTS)] for byte in raw)


# ------------------------------------------------------------------ cases


def build_case(sizes: Sizes, values: Values, layouts: Sequence[str] = ()) -> Case:
    """Return the case of these parts; no layouts leave the arrays C-ordered."""
    primal, tangent = values.arrays(sizes)
    if layouts:
        pairs = zip(layouts, primal, strict=True)
        primal = Operands(*(LAYOUTS[name](array) for name, array in pairs))
    return Case(primal, tangent, values.selector)
