"""Whether a picture of boxes says what the registry says: each shape, each product, each sum."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise

from affine.equations import Equation
from docs.machinery.boxes import Box, BoxesError, parse
from docs.machinery.record import Record

__all__ = ["disagreements", "of_registry", "sides"]

Sides = tuple[str, ...]

# What stands for itself in a picture, without an entry among the symbols.
_ONES, _ONE, _IDENTITY = "𝟏", "1", "I"
_EACH, _EVERY = "⁽ⁱ⁾", "⁽·⁾"


def of_registry(record: Record) -> list[str]:
    """Return where a picture of the registry, or of a statement that stands, disagrees with it."""
    named = {f"the boxes of ({tag})": one.boxes for tag, one in record.equations.items()}
    # A statement that needs a correction draws its slip.
    said = {
        f"the boxes of statement {name}": one.boxes
        for name, one in record.statements.items()
        if not one.correction
    }
    own = {f"the boxes of ({tag})": one for tag, one in record.equations.items()}
    return [
        f"{where}: {complaint}; correct them in affine/, or the symbols beside them"
        for where, boxes in (named | said).items()
        for complaint in disagreements(boxes, record.equations, own.get(where))
    ]


def disagreements(
    text: str, equations: Mapping[str, Equation], own: Equation | None = None
) -> list[str]:
    """Return what is wrong in a picture, by the shapes of its own symbols, then of all others."""
    if not text:
        return []
    symbols = _symbols(equations, own)
    terms = parse(text)
    wrong = [
        complaint
        for term in terms
        if isinstance(term, Box)
        for complaint in _wrong_box(term, symbols)
    ]
    return wrong or list(_wrong_formula(terms))


def _symbols(equations: Mapping[str, Equation], own: Equation | None) -> dict[str, Sides]:
    known: dict[str, Sides] = {}
    for equation in ([own] if own else []) + list(equations.values()):
        for name, shape in equation.symbols.items():
            known.setdefault(name.replace("^(i)", _EACH), sides(shape))
    return known


def sides(shape: str) -> Sides:
    """Return the sides of a shape of the registry.

    Examples:
        >>> sides("(N×M)×(D×M)")
        ('N', 'M', 'D', 'M')
    """
    return tuple(filter(None, re.sub("[()]", "", shape).split("×")))


# ------------------------------------------------------------------ one box


def _wrong_box(box: Box, symbols: Mapping[str, Sides]) -> Iterator[str]:
    drawn = f"{box.name}[{','.join(box.sides)}]"
    if box.name == _IDENTITY:
        if len(set(box.sides)) != 1:
            yield f"{drawn} is an identity matrix and not square"
        return
    try:
        shape = _shape(box.name, symbols)
    except KeyError as unknown:
        yield f"{drawn}: no equation gives the shape of {unknown.args[0]!r}"
        return
    if not _may_be_drawn(shape, box.sides):
        yield f"{drawn} is {'×'.join(shape) or 'a number'} in the registry"


def _may_be_drawn(shape: Sides, drawn: Sides) -> bool:
    """Whether the sides drawn are the shape's: a vector stands as itself or as a column."""
    if shape == (_ONES,):
        return len(drawn) == 2 and drawn[1] == "1"
    columns = {0: {("1", "1")}, 1: {shape, (*shape, "1")}}.get(len(shape), {shape})
    return drawn in columns or drawn == _without_ones(shape)


def _shape(name: str, symbols: Mapping[str, Sides]) -> Sides:
    """Return the shape of what a picture names: a symbol, or what is made of symbols."""
    if name in symbols and name != _ONES:
        return symbols[name]
    if name in (_ONE, _ONES):
        return () if name == _ONE else (_ONES,)
    if name.startswith("Σᵢ "):
        return _shape(name.removeprefix("Σᵢ "), symbols)
    if name.endswith("ᵀ"):
        return _transposed(_shape(name.removesuffix("ᵀ"), symbols))
    if name.endswith(_EVERY):
        return ("N", *_shape(name.replace(_EVERY, _EACH), symbols))
    if derivative := re.fullmatch("∂(.+)/∂(.+)", name):
        return _derivative(*(_shape(part, symbols) for part in derivative.groups()))
    if blocks := re.fullmatch(r"\[(\S+?)(;?) (\S+)\]", name):
        first, below, second = blocks.groups()
        return _joined(_shape(first, symbols), _shape(second, symbols), 0 if below else 1)
    raise KeyError(name)


def _transposed(shape: Sides) -> Sides:
    return ("1", *shape) if len(shape) == 1 else shape[::-1]


def _derivative(of: Sides, by: Sides) -> Sides:
    """Return the sides of what is derived, then those of the variable."""
    return (*_without_ones(of), *_without_ones(by)) if of else by


def _without_ones(shape: Sides) -> Sides:
    return tuple(side for side in shape if side != "1")


def _joined(first: Sides, second: Sides, axis: int) -> Sides:
    """Return the shape of two blocks beside or below each other; the second is one line."""
    kept = 1 - axis
    if second != (_ONES,) and (second[axis], second[kept]) != ("1", first[kept]):
        raise KeyError("×".join(second))
    return tuple(f"{side}+1" if at == axis else side for at, side in enumerate(first))


# ------------------------------------------------------------------ the whole formula


def _wrong_formula(terms: Sequence[Box | str]) -> Iterator[str]:
    """Yield where boxes that multiply share no side, or what is added or equated differs."""
    for formula in _split(terms, ","):
        try:
            shapes = [
                (_product([one for one in product if isinstance(one, Box)]), _written(product))
                for side in _split(formula, "=")
                for product in _split(side, "+")
            ]
        except BoxesError as error:
            yield str(error)
            continue
        for (one, first), (other, second) in pairwise(shapes):
            if not _same(one, other):
                yield f"{first} is {'×'.join(one)} and {second} is {'×'.join(other)}"


def _split(terms: Sequence[Box | str], operator: str) -> list[list[Box | str]]:
    parts: list[list[Box | str]] = [[]]
    for term in terms:
        if term == operator:
            parts.append([])
        else:
            parts[-1].append(term)
    return parts


def _written(terms: Sequence[Box | str]) -> str:
    return " ".join(term if isinstance(term, str) else term.name for term in terms)


def _product(boxes: Sequence[Box]) -> Sides:
    return reduce(_times, boxes).sides


def _times(left: Box, right: Box) -> Box:
    """Contract the last side of a matrix with a matrix, all sides with a Jacobian's first ones."""
    contracted = left.sides[-1:] if len(right.sides) == 2 else _without_ones(left.sides)
    kept = left.sides[:-1] if len(right.sides) == 2 and len(left.sides) == 2 else ()
    if right.sides[: len(contracted)] != contracted:
        raise BoxesError(
            f"{left.name}[{','.join(left.sides)}] and {right.name}[{','.join(right.sides)}] "
            "share no side to multiply along"
        )
    return Box(f"{left.name} · {right.name}", (*kept, *right.sides[len(contracted) :]))


def _same(one: Sides, other: Sides) -> bool:
    return one == other or (len(one) != len(other) and _without_ones(one) == _without_ones(other))
