"""Sizes (N, D, M)."""

from collections.abc import Mapping, Sequence

__all__ = ["LARGE", "class_of", "large_sizes", "usual_sizes"]


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


# Each as often as the others: half of the sizes hide no transpose. The first is where shrinking
# ends; an empty array shows a reader the least, so zeros come last.
_KINDS = ("small", *["pairwise different"] * 4, "some equal", "large", "a size of zero")
_LARGEST = {"small": 3, "large": 20}
_EQUAL = (0, 1), (1, 2), (0, 2), (0, 1, 2)


def usual_sizes(raw: bytes, min_side: int) -> tuple[int, int, int]:
    """Read five bytes as sizes (N, D, M).

    Half of them are three different sizes of at least 2, so that no transpose hides; the rest
    are small sizes and ones, pairs of equal sizes, sizes up to 20, and zeros.

    Args:
        raw: Smaller bytes are simpler sizes.
        min_side: The smallest size; 1 leaves the zeros out.

    Examples:
        >>> usual_sizes(bytes(5), min_side=0), usual_sizes(bytes([1, 3, 1, 4, 0]), min_side=0)
        ((1, 1, 1), (5, 3, 8))
    """
    kinds = _KINDS if min_side == 0 else _KINDS[:-1]
    kind, extra = kinds[raw[0] % len(kinds)], raw[4] % 4
    sides = [1 + byte % _LARGEST.get(kind, 6) for byte in raw[1:4]]
    if kind == "pairwise different":
        sides = _made_different(sides)
    elif kind == "some equal":
        for place in _EQUAL[extra]:
            sides[place] = 1 + raw[1] % 6
    elif kind == "a size of zero":
        sides[extra % 3] = 0
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


_LONG, _SHORT = range(131, 601), range(4, 21)
_AROUND_BLOCKS = (31, 32, 33, 63, 64, 65, 127, 128, 129)
LARGE: Mapping[str, tuple[Sequence[int], Sequence[int], Sequence[int]]] = {
    "many data points": (_LONG, _SHORT, _SHORT),
    "many features": (_SHORT, _LONG, _SHORT),
    "many outputs": (_SHORT, _SHORT, _LONG),
    "all large": (_AROUND_BLOCKS, _AROUND_BLOCKS, _AROUND_BLOCKS),
}
"""From what N, D and M are chosen where not all of them are small."""


def large_sizes(raw: bytes, kind: str) -> tuple[int, int, int]:
    """Read six bytes as sizes (N, D, M), of a kind in `LARGE`.

    Examples:
        >>> large_sizes(bytes(6), "many features")
        (4, 131, 4)
    """
    n, d, m = (
        sides[int.from_bytes(raw[2 * place : 2 * place + 2]) % len(sides)]
        for place, sides in enumerate(LARGE[kind])
    )
    return n, d, m
