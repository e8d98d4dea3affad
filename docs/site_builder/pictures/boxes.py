"""The language of shapes: `dW[D,M] = Xᵀ[D,N] · dout[N,M]`, read into boxes and said in words.

A product sums over the side that its boxes share, and a pairing ⟨ X[N,D] , dX[N,D] ⟩ over all
sides. `boxdrawing.py` draws what is read here; `shapes.py` holds it to the registry.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = [
    "PAIRED", "SIDES", "Box", "BoxesError", "contraction", "describe", "grid", "is_zero_off_blocks",
    "parse", "summed", "zeros",
]  # fmt: skip

# How long a side is drawn. One side has one length wherever it occurs.
SIDES = {"1": 1, "M": 2, "D": 3, "D+1": 4, "N": 5, "A+B": 5, "A": 2, "B": 3, "K": 6, "DM": 6,
         "NM": 10}  # fmt: skip
BETWEEN = {"=": "equals", "+": "plus", "·": "times", "×": "times", ",": "and"}
PAIRED = {"⟨": "the pairing of", "⟩": ""}

OFF_DIAGONAL = "zero off the diagonal"
OFF_COLUMN = "zero but for column k of sheet k"
OFF_BLOCKS = "zero off the diagonal of M by M blocks"

_OPERATOR = re.compile(r"(?:^|(?<=\s))([=+·×,⟨⟩])(?=\s|$)")


class BoxesError(ValueError):
    """A picture that the little language does not describe."""


class Box(NamedTuple):
    """One quantity and its sides."""

    name: str
    sides: tuple[str, ...]


def parse(text: str) -> list[Box | str]:
    """Read boxes and the operators between them."""
    pieces = [piece.strip() for piece in _OPERATOR.split(text.strip())]
    terms = [one if one in BETWEEN | PAIRED else _box(one, text) for one in pieces if one]
    boxes = sum(isinstance(term, Box) for term in terms)
    if boxes != sum(term in BETWEEN for term in terms) + 1 or terms.count("⟨") != terms.count("⟩"):
        raise BoxesError(f"the boxes {text!r} need one operator between two of them")
    return terms


def _box(piece: str, text: str) -> Box:
    match = re.fullmatch(r"(\S.*?)\[([^\[\]]+)\]", piece)
    if not match:
        raise BoxesError(f"{piece!r} in the boxes {text!r} is not a name[side,side]")
    sides = tuple(side.strip() for side in match[2].split(","))
    if not set(sides) <= set(SIDES) or not 1 <= len(sides) <= 4:
        known = ", ".join(SIDES)
        raise BoxesError(f"{piece!r} in the boxes {text!r} needs one to four sides among {known}")
    return Box(match[1], sides)


# ------------------------------------------------------------------ what is summed over


def contraction(left: Box, right: Box) -> tuple[list[int], list[int]]:
    """Return the axes of each that a product sums over: those of a Jacobian are all of the left."""
    if len(right.sides) <= 2:
        return [len(left.sides) - 1], [0]
    axes = [axis for axis, side in enumerate(left.sides) if side != "1"]
    return axes, list(range(len(axes)))


def summed(terms: Sequence[Box | str]) -> dict[int, set[int]]:
    """Return the axes that are summed over, by the place of their box; a side of 1 is no sum."""
    found = defaultdict(set, dict(_of_sums(terms)))
    for at, (left, sign, right) in enumerate(zip(terms, terms[1:], terms[2:], strict=False)):
        if sign == "·" and isinstance(left, Box) and isinstance(right, Box):
            for one, other in zip(*contraction(left, right), strict=True):
                if left.sides[one] == right.sides[other] != "1":
                    found[at].add(one)
                    found[at + 2].add(other)
    return dict(found)


def _of_sums(terms: Sequence[Box | str]) -> Iterator[tuple[int, set[int]]]:
    """Yield the axes of what a sign sums up: the sheets of Σᵢ, all sides in a pairing."""
    is_paired = False
    for at, term in enumerate(terms):
        if isinstance(term, str):
            is_paired = term == "⟨" or (is_paired and term != "⟩")
        elif is_paired:
            yield at, {axis for axis, side in enumerate(term.sides) if side != "1"}
        elif term.name.startswith("Σ"):
            yield at, {0}


# ------------------------------------------------------------------ where the zeros are


def zeros(box: Box) -> str:
    """Return where the zeros of an identity matrix or a Jacobian are, in words."""
    if is_zero_off_blocks(box):
        return OFF_BLOCKS
    if not (box.name == "I" or box.name.startswith("∂")) or "1" in box.sides:
        return ""
    match box.sides:
        case (*_, row, column) if row == column:
            return OFF_DIAGONAL
        case (sheet, _, column) if sheet == column:
            return OFF_COLUMN
    return ""


def is_zero_off_blocks(box: Box) -> bool:
    """Whether it is a Kronecker product I ⊗ A, with I of M by M."""
    return box.name.startswith("I⊗")


def grid(box: Box) -> tuple[str, tuple[str, str]]:
    """Split four sides into the one both index pairs share, and the two of a block."""
    first, second, third, fourth = box.sides
    if first == third:
        return first, (second, fourth)
    if second == fourth:
        return second, (first, third)
    raise BoxesError(f"the four sides of {box.name!r} share no side: {box.sides}")


# ------------------------------------------------------------------ in words


def describe(terms: Sequence[Box | str]) -> str:
    """Return what the picture shows, as a sentence."""
    said = [
        (BETWEEN | PAIRED)[term] if isinstance(term, str) else _said(terms, at, term)
        for at, term in enumerate(terms)
    ]
    return f"Shapes: {' '.join(filter(None, said))}."


def _said(terms: Sequence[Box | str], at: int, box: Box) -> str:
    shape = f"{box.name} ({' by '.join(box.sides)})"
    if len(box.sides) == 4:
        outer, block = grid(box)
        shape += f": {outer} by {outer} blocks, each {' by '.join(block)}, {OFF_DIAGONAL}"
    elif zeros(box):
        shape += f", {zeros(box)}"
    over = [side for side in _sum_ending_with(terms, at, box) if side != "1"]
    return f"{shape}, summed over {' and '.join(over)}" if over else shape


def _sum_ending_with(terms: Sequence[Box | str], at: int, box: Box) -> tuple[str, ...]:
    """Return the sides of a box over which the product goes whose last factor it is, or its Σ."""
    if box.name.startswith("Σ"):
        return box.sides[:1]
    left = terms[at - 2] if at > 1 and terms[at - 1] == "·" else ""
    if isinstance(left, str):
        return ()
    return tuple(box.sides[axis] for axis in contraction(left, box)[1])
