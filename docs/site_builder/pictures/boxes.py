"""The language of shapes: `dW[D,M] = Xᵀ[D,N] · dout[N,M]`, read, checked and said in words.

A product sums over the dimension that its boxes share, and a pairing ⟨ X[N,D] , dX[N,D] ⟩ over all
of them. A picture must say what the registry says: each shape, each product, each sum.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

from affine.equations import Equation
from docs.site_builder.record import Record

# How long a dimension is drawn: the same wherever it occurs.
LENGTHS = {"1": 1, "M": 2, "D": 3, "D+1": 4, "N": 5, "A+B": 5, "A": 2, "B": 3, "P": 6, "DM": 6,
           "NM": 10}  # fmt: skip
BETWEEN = {"=": "equals", "+": "plus", "·": "times", "×": "times", ",": "and"}
PAIRED = {"⟨": "the pairing of", "⟩": ""}

OFF_DIAGONAL = "zero off the diagonal"
OFF_COLUMN = "zero but for column j of sheet j"
OFF_BLOCKS = "zero off the diagonal of M by M blocks"

_OPERATOR = re.compile(r"(?:^|(?<=\s))([=+·×,⟨⟩])(?=\s|$)")

Shape = tuple[str, ...]


class BoxesError(ValueError):
    """A picture that the little language does not describe."""


class Box(NamedTuple):
    name: str
    shape: Shape

    def __str__(self) -> str:
        return f"{self.name}[{','.join(self.shape)}]"


Term = Box | str


def parse(text: str) -> list[Term]:
    terms: list[Term] = []
    for piece in filter(None, (piece.strip() for piece in _OPERATOR.split(text.strip()))):
        if piece in BETWEEN | PAIRED:
            terms.append(piece)
            continue
        match = re.fullmatch(r"(\S.*?)\[([^\[\]]+)\]", piece)
        if not match:
            raise BoxesError(f"{piece!r} in the boxes {text!r} is not a name[dimension,dimension]")
        shape = tuple(one.strip() for one in match[2].split(","))
        if not set(shape) <= set(LENGTHS) or not 1 <= len(shape) <= 4:
            raise BoxesError(
                f"{piece!r} in the boxes {text!r} needs one to four dimensions "
                f"among {', '.join(LENGTHS)}"
            )
        terms.append(Box(match[1], shape))
    boxes = sum(isinstance(term, Box) for term in terms)
    if boxes != sum(term in BETWEEN for term in terms) + 1 or terms.count("⟨") != terms.count("⟩"):
        raise BoxesError(f"the boxes {text!r} need one operator between two of them")
    return terms


def dimensions(shape: str) -> Shape:
    """Return the dimensions of a shape of the registry.

    Examples:
        >>> dimensions("(N×M)×(D×M)")
        ('N', 'M', 'D', 'M')
    """
    return tuple(filter(None, re.sub("[()]", "", shape).split("×")))


# ------------------------------------------------------------------ what is summed over


def _contraction(left: Box, right: Box) -> tuple[list[int], list[int]]:
    """Return the axes of each that a product sums over: those of a Jacobian are all of the left."""
    if len(right.shape) <= 2:
        return [len(left.shape) - 1], [0]
    axes = [axis for axis, size in enumerate(left.shape) if size != "1"]
    return axes, list(range(len(axes)))


def summed(terms: Sequence[Term]) -> dict[int, set[int]]:
    """Return the axes that are summed over, by the place of their box; a size of 1 is no sum."""
    axes: dict[int, set[int]] = defaultdict(set)
    is_paired = False
    for at, term in enumerate(terms):
        if isinstance(term, str):
            is_paired = term == "⟨" or (is_paired and term != "⟩")
        elif is_paired:
            axes[at] |= {axis for axis, size in enumerate(term.shape) if size != "1"}
        elif term.name.startswith("Σ"):
            axes[at].add(0)
    for at, (left, sign, right) in enumerate(zip(terms, terms[1:], terms[2:], strict=False)):
        if sign == "·" and isinstance(left, Box) and isinstance(right, Box):
            for one, other in zip(*_contraction(left, right), strict=True):
                if left.shape[one] == right.shape[other] != "1":
                    axes[at].add(one)
                    axes[at + 2].add(other)
    return dict(axes)


# ------------------------------------------------------------------ where the zeros are


def zeros(box: Box) -> str:
    """Return where the zeros of an identity matrix or a Jacobian are, in words."""
    if box.name.startswith("I⊗"):
        return OFF_BLOCKS
    if not (box.name == "I" or box.name.startswith("∂")) or "1" in box.shape:
        return ""
    match box.shape:
        case (*_, row, column) if row == column:
            return OFF_DIAGONAL
        case (sheet, _, column) if sheet == column:
            return OFF_COLUMN
    return ""


def grid(box: Box) -> tuple[str, tuple[str, str]]:
    """Split four dimensions into the one both index pairs share, and the two of a block."""
    first, second, third, fourth = box.shape
    if first == third:
        return first, (second, fourth)
    if second == fourth:
        return second, (first, third)
    raise BoxesError(f"the four dimensions of {box.name!r} share none: {box.shape}")


def reorders(box: Box) -> bool:
    """Whether the grid of blocks brings together two dimensions that are not the first of pairs."""
    return len(box.shape) == 4 and box.shape[0] != box.shape[2]


# ------------------------------------------------------------------ in words


def describe(terms: Sequence[Term]) -> str:
    """Return what the picture shows, as a sentence."""
    words = []
    for at, term in enumerate(terms):
        if isinstance(term, str):
            words.append((BETWEEN | PAIRED)[term])
            continue
        text = f"{term.name} ({' by '.join(term.shape)})"
        if len(term.shape) == 4:
            outer, block = grid(term)
            text += ", reordered" if reorders(term) else ""
            text += f": {outer} by {outer} blocks, each {' by '.join(block)}, {OFF_DIAGONAL}"
        elif zeros(term):
            text += f", {zeros(term)}"
        # A sum is said once, at its last factor.
        left = terms[at - 2] if at > 1 and terms[at - 1] == "·" else ""
        axes = [0] if term.name.startswith("Σ") else []
        if isinstance(left, Box) and not axes:
            axes = _contraction(left, term)[1]
        over = [term.shape[axis] for axis in axes if term.shape[axis] != "1"]
        words.append(f"{text}, summed over {' and '.join(over)}" if over else text)
    return f"Shapes: {' '.join(filter(None, words))}."


# ------------------------------------------------------------------ held to the registry

# What stands for itself in a picture, without an entry among the symbols.
_ONES, _ONE, _IDENTITY, _ZERO = "𝟏", "1", "I", "0"
_EACH, _EVERY = "⁽ⁱ⁾", "⁽·⁾"
_SUM = "Σᵢ "


def of_registry(record: Record) -> list[str]:
    """Return where a picture of the registry, or of a statement that stands, disagrees with it."""
    pictures: list[tuple[str, str, Equation | None]] = [
        (f"the boxes of ({tag})", one.boxes, one) for tag, one in record.equations.items()
    ]
    # A statement that needs a correction draws its slip.
    pictures += [
        (f"the boxes of statement {name}", one.boxes, None)
        for name, one in record.statements.items()
        if not one.correction
    ]
    return [
        f"{where}: {complaint}; correct them in affine/, or the symbols beside them"
        for where, boxes, equation in pictures
        for complaint in disagreements(boxes, record.equations, equation)
    ]


def disagreements(
    text: str, equations: Mapping[str, Equation], own: Equation | None = None
) -> list[str]:
    """Return what is wrong in a picture, by the shapes of its own symbols, then of all others."""
    if not text:
        return []
    symbols: dict[str, Shape] = {}
    for equation in ([own] if own else []) + list(equations.values()):
        for name, shape in equation.symbols.items():
            symbols.setdefault(name.replace("^(i)", _EACH), dimensions(shape))
    terms = parse(text)
    wrong = (_wrong_box(term, symbols) for term in terms if isinstance(term, Box))
    return list(filter(None, wrong)) or list(_wrong_formula(terms))


def _wrong_box(box: Box, symbols: Mapping[str, Shape]) -> str:
    if box.name == _IDENTITY:
        is_square = len(set(box.shape)) == 1
        return "" if is_square else f"{box} is an identity matrix and not square"
    if box.name == _ZERO:
        return ""
    try:
        shape = _shape(box.name, symbols)
    except KeyError as unknown:
        return f"{box}: no equation gives the shape of {unknown.args[0]!r}"
    # A vector stands as itself or as a column, a number as one box.
    allowed = {0: {("1", "1")}, 1: {shape, (*shape, "1")}}.get(len(shape), {shape})
    if shape == (_ONES,):
        allowed = {(size, "1") for size in LENGTHS}
    if box.shape in allowed | {_without_ones(shape)}:
        return ""
    return f"{box} is {'×'.join(shape) or 'a number'} in the registry"


def _shape(name: str, symbols: Mapping[str, Shape]) -> Shape:
    """Return the shape of what a picture names: a symbol, or what is made of symbols."""
    if name in symbols and name != _ONES:
        return symbols[name]
    if name in (_ONE, _ONES):
        return () if name == _ONE else (_ONES,)
    if name.startswith(_SUM):
        return _shape(name.removeprefix(_SUM), symbols)
    if name.endswith("⁻¹"):
        return _shape(name.removesuffix("⁻¹"), symbols)
    if name.endswith("ᵀ"):
        shape = _shape(name.removesuffix("ᵀ"), symbols)
        return ("1", *shape) if len(shape) == 1 else shape[::-1]
    if name.endswith(_EVERY):
        return ("N", *_shape(name.replace(_EVERY, _EACH), symbols))
    if derivative := re.fullmatch("∂(.+)/∂(.+)", name):
        # The dimensions of what is derived come before those of the variable.
        of, variable = (_shape(part, symbols) for part in derivative.groups())
        return (*_without_ones(of), *_without_ones(variable)) if of else variable
    if blocks := re.fullmatch(r"\[(\S+?)(;?) (\S+)\]", name):
        # Two blocks beside each other, or below, where a semicolon says so.
        (rows, columns), second = _shape(blocks[1], symbols), _shape(blocks[3], symbols)
        below = bool(blocks[2])
        more = (rows, "1") if second == (_ONES,) else second
        if more[below] != (columns if below else rows):
            raise KeyError("×".join(more))
        return (f"{rows}+{more[0]}", columns) if below else (rows, f"{columns}+{more[1]}")
    raise KeyError(name)


def _without_ones(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != "1")


def _wrong_formula(terms: Sequence[Term]) -> Iterator[str]:
    """Yield where boxes that multiply share no dimension, or what is paired or added differs."""
    try:
        formulas = [
            [_product(one) for one in _split(formula, "=+")]
            for formula in _split(_without_pairs(terms), ",")
        ]
    except BoxesError as error:
        yield str(error)
        return
    for formula in formulas:
        for one, other in pairwise(formula):
            if not _same(one.shape, other.shape):
                yield _differ(one, other)


def _without_pairs(terms: Sequence[Term]) -> list[Term]:
    """Return the terms with a number in place of each pairing ⟨ a , b ⟩."""
    if "⟨" not in terms:
        return list(terms)
    begin, end = terms.index("⟨"), terms.index("⟩")
    pair = [_product(one) for one in _split(terms[begin + 1 : end], ",")]
    one, *others = pair
    if len(others) != 1 or not _same(one.shape, others[0].shape):
        raise BoxesError(_differ(one, *others[:1]) if others else f"⟨ {one.name} ⟩ has no pair")
    number = Box(f"⟨{one.name}, {others[0].name}⟩", ("1", "1"))
    return [*terms[:begin], number, *_without_pairs(terms[end + 1 :])]


def _differ(one: Box, other: Box) -> str:
    return f"{one.name} is {'×'.join(one.shape)} and {other.name} is {'×'.join(other.shape)}"


def _split(terms: Sequence[Term], operators: str) -> list[list[Term]]:
    parts: list[list[Term]] = [[]]
    for term in terms:
        if isinstance(term, str) and term in operators:
            parts.append([])
        else:
            parts[-1].append(term)
    return parts


def _product(terms: Sequence[Term]) -> Box:
    """Return the product of boxes; of a sum over sheets, one sheet."""

    def times(left: Box, right: Box) -> Box:
        of_left, of_right = _contraction(left, right)
        if [left.shape[axis] for axis in of_left] != [right.shape[axis] for axis in of_right]:
            raise BoxesError(f"{left} and {right} share no dimension to multiply along")
        kept = [size for axis, size in enumerate(left.shape) if axis not in of_left]
        kept += [size for axis, size in enumerate(right.shape) if axis not in of_right]
        return Box(f"{left.name} · {right.name}", tuple(kept))

    factors = [term for term in terms if isinstance(term, Box)]
    return reduce(
        times, [one._replace(shape=one.shape[one.name.startswith(_SUM) :]) for one in factors]
    )


def _same(one: Shape, other: Shape) -> bool:
    """Whether two shapes are equal, where a batch of two parts is one, and ones may be left out."""
    one, other = (tuple("N" if size == "A+B" else size for size in all) for all in (one, other))
    return one == other or (len(one) != len(other) and _without_ones(one) == _without_ones(other))
