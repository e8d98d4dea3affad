"""The bytes of a case in a check: drawn, read, and made smaller.

A case is one flat draw, as `affine.strategies.cases` makes it; no Hypothesis is inside.
"""

from collections.abc import Callable, Iterator
from itertools import product
from random import Random

from affine.cases import (
    LAYOUT_BYTES,
    POOL_BYTES,
    SIZE_BYTES,
    VALUE_BYTES,
    Sizes,
    build_case,
    read_layouts,
    read_sizes,
    read_values,
)
from affine.layer import Case, Layer
from affine.properties import Property

__all__ = ["at_small_sizes", "crops", "draws", "read_case", "shrink"]

# Those of the sizes come first: they are shrunk first.
_LAYOUTS = slice(SIZE_BYTES, SIZE_BYTES + LAYOUT_BYTES)
_BYTES = _LAYOUTS.stop + VALUE_BYTES

# A layer that compiles for every new shape meets only these.
_PALETTE = (
    (8, 5, 6), (4, 3, 2), (2, 4, 3), (3, 2, 4), (3, 3, 3), (2, 2, 2),
    (3, 2, 1), (1, 3, 2), (2, 1, 3), (1, 1, 1),
)  # fmt: skip


def draws(seed: int, count: int) -> Iterator[bytes]:
    """Yield the bytes of cases, first the plainest; a seed gives the same again."""
    generator = Random(seed)
    yield bytes(_BYTES)
    for _ in range(count - 1):
        yield generator.randbytes(_BYTES)


def read_case(raw: bytes, tested: Property, layer: Layer) -> Case:
    """Return the case that a property reads from drawn bytes."""
    case = build_case(
        read_sizes(raw[:SIZE_BYTES], tested.sizes, zeros=False),
        read_values(raw[_LAYOUTS.stop :], tested.values),
        read_layouts(raw[_LAYOUTS]) if tested.layouts else (),
    )
    if layer.compiles_per_shape:
        for sizes in _PALETTE:
            if all(small <= side for small, side in zip(sizes, case.primal.sizes, strict=True)):
                return case.cut(*map(slice, sizes))
    return case


def at_small_sizes(raw: bytes, other: bytes, sizes: Sizes) -> bytes:
    """Return the bytes of a case at usual sizes up to 3, with the entries of another one."""
    small = bytes([0, *(size - 1 for size in sizes)])
    return small + raw[len(small) : -POOL_BYTES] + other[-POOL_BYTES:]


def shrink(raw: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return smaller bytes for which a test still fails, until no single one can be lowered."""
    before = b""
    while raw != before:
        before, size = raw, len(raw)
        while size:  # set whole blocks to zero, large ones first
            for start in range(0, len(raw), size):
                end = min(start + size, len(raw))
                simpler = raw[:start] + bytes(end - start) + raw[end:]
                if simpler != raw and fails(simpler):
                    raw = simpler
            size //= 2
        for place in range(len(raw)):  # lower the others: to one of the smallest, else by halves
            low, tried = 0, iter(range(1, min(raw[place], 5)))
            while raw[place] - low > 1:
                small = next(tried, None)
                lower = (low + raw[place]) // 2 if small is None else small
                simpler = raw[:place] + bytes([lower]) + raw[place + 1 :]
                if fails(simpler):
                    raw, tried = simpler, iter(())
                else:
                    low = lower
    return raw


def crops(case: Case) -> Iterator[Case]:
    """Yield smaller cases: without the first or last half, quarter, …, one of each side.

    Rows, features and outputs are dropped in every combination: a mistake that needs two equal
    sizes survives only when both go down together. Crops are views: they keep the memory layout.
    """
    part = max(case.primal.sizes) // 2
    while part:
        ends = (slice(None), slice(part, None), slice(None, -part))
        for sides in product(ends, repeat=3):
            crop = case.cut(*sides)
            if min(crop.primal.sizes) > 0 and crop.primal.sizes != case.primal.sizes:
                yield crop
        part //= 2
