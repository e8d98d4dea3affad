"""Whether a picture of boxes says what the registry says: each shape, each product, each sum."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise

from affine.equations import Equation
from docs.site_builder.pictures.boxes import Box, BoxesError, contraction, parse
from docs.site_builder.record import Record

__all__ = ["disagreements", "of_registry", "sides"]

Sides = tuple[str, ...]

# What stands for itself in a picture, without an entry among the symbols.
_ONES, _ONE, _IDENTITY, _ZERO = "𝟏", "1", "I", "0"
_EACH, _EVERY = "⁽ⁱ⁾", "⁽·⁾"
_SUM = "Σᵢ "


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
    if box.name == _ZERO:
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
    if name.startswith(_SUM):
        return _shape(name.removeprefix(_SUM), symbols)
    if name.endswith("⁻¹"):
        return _shape(name.removesuffix("⁻¹"), symbols)
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
    """Return the shape of two blocks beside or below each other."""
    kept = 1 - axis
    if second == (_ONES,):
        second = (first[0], "1")
    if second[kept] != first[kept]:
        raise KeyError("×".join(second))
    added = f"{first[axis]}+{second[axis]}"
    return tuple(added if at == axis else side for at, side in enumerate(first))


# ------------------------------------------------------------------ the whole formula


def _wrong_formula(terms: Sequence[Box | str]) -> Iterator[str]:
    """Yield where boxes that multiply share no side, or what is paired or added differs."""
    try:
        formulas = [_sums(formula) for formula in _split(_without_pairs(terms), ",")]
    except BoxesError as error:
        yield str(error)
        return
    for formula in formulas:
        for one, other in pairwise(formula):
            if not _same(one.sides, other.sides):
                yield _differ(one, other)


def _sums(formula: Sequence[Box | str]) -> list[Box]:
    """Return what is added or equated, as boxes."""
    return [_product(one) for side in _split(formula, "=") for one in _split(side, "+")]


def _without_pairs(terms: Sequence[Box | str]) -> list[Box | str]:
    """Return the terms with a number in place of each pairing ⟨ a , b ⟩."""
    if "⟨" not in terms:
        return list(terms)
    begin, end = terms.index("⟨"), terms.index("⟩")
    pair = [_product(one) for one in _split(terms[begin + 1 : end], ",")]
    one, *others = pair
    if len(others) != 1 or not _same(one.sides, others[0].sides):
        raise BoxesError(_differ(one, *others[:1]) if others else f"⟨ {one.name} ⟩ has no pair")
    number = Box(f"⟨{one.name}, {others[0].name}⟩", ("1", "1"))
    return [*terms[:begin], number, *_without_pairs(terms[end + 1 :])]


def _differ(one: Box, other: Box) -> str:
    return f"{one.name} is {'×'.join(one.sides)} and {other.name} is {'×'.join(other.sides)}"


def _split(terms: Sequence[Box | str], operator: str) -> list[list[Box | str]]:
    parts: list[list[Box | str]] = [[]]
    for term in terms:
        if term == operator:
            parts.append([])
        else:
            parts[-1].append(term)
    return parts


def _product(terms: Sequence[Box | str]) -> Box:
    """Return the product of boxes; of a sum over sheets, one sheet."""
    boxes = [term for term in terms if isinstance(term, Box)]
    return reduce(_times, [one._replace(sides=_summed_up(one)) for one in boxes])


def _summed_up(box: Box) -> Sides:
    return box.sides[1:] if box.name.startswith(_SUM) else box.sides


def _times(left: Box, right: Box) -> Box:
    of_left, of_right = contraction(left, right)
    if [left.sides[axis] for axis in of_left] != [right.sides[axis] for axis in of_right]:
        raise BoxesError(
            f"{left.name}[{','.join(left.sides)}] and {right.name}[{','.join(right.sides)}] "
            "share no side to multiply along"
        )
    kept = [
        side
        for box, axes in ((left, of_left), (right, of_right))
        for axis, side in enumerate(box.sides)
        if axis not in axes
    ]
    return Box(f"{left.name} · {right.name}", tuple(kept))


def _same(one: Sides, other: Sides) -> bool:
    one, other = _whole(one), _whole(other)
    return one == other or (len(one) != len(other) and _without_ones(one) == _without_ones(other))


def _whole(shape: Sides) -> Sides:
    """Return a shape in which a batch of two parts is one."""
    return tuple("N" if side == "A+B" else side for side in shape)
