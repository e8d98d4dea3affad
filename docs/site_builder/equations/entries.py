"""Every entry of a result written out: in letters, and below it in the numbers of the example."""

import re
from collections.abc import Iterator
from itertools import product

import numpy as np

from affine.layer import Operands
from affine.oracle import exact
from affine.quantities import QUANTITIES
from docs.derivation import example

_LETTERS = {
    "x": "X", "w": "W", "b": "b", "out": r"\mathrm{out}", "dout": r"\mathrm{dout}",
    "dx": r"\mathrm{dX}", "dw": r"\mathrm{dW}", "db": r"\mathrm{db}",
}  # fmt: skip
OPERANDS = Operands(example.x, example.w, example.b, example.dout)
_SIZES = dict(zip("ndm", OPERANDS.sizes, strict=True))


def entries_tex(name: str) -> str:
    """Return the TeX of all entries of `out`, `dx`, `dw` or `db`, an entry on each two lines.

    Raises:
        KeyError: The name is not one of the four.
    """
    subscripts, result = QUANTITIES[name].subscripts.split("->")
    values = exact(OPERANDS, name)[name]
    lines = []
    for place in product(*(range(_SIZES[letter]) for letter in result)):
        at = dict(zip(result, place, strict=True))
        terms = list(_terms(name, subscripts.split(","), at))
        symbols = " + ".join(r"\,".join(letters for letters, _ in term) for term in terms)
        numbers = " + ".join(r" \cdot ".join(number for _, number in term) for term in terms)
        lines.append(f"{_indexed(name, place)} &= {symbols}")
        numbers = re.sub(r"^\((-[\d.]+)\)", r"\1", numbers)  # the first sign needs no brackets
        lines.append(f"&= {numbers} = {values[place]}")
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def _terms(name: str, subscripts: list[str], at: dict[str, int]) -> Iterator[list[tuple[str, str]]]:
    """Yield the terms of an entry's sum, each as its factors in letters and in numbers."""
    summed = QUANTITIES[name].summed.lower()
    operands = QUANTITIES[name].operands
    for index in range(_SIZES[summed]):
        place = at | {summed: index}
        yield [
            _factor(operand, tuple(place[letter] for letter in letters))
            for operand, letters in zip(operands, subscripts, strict=False)
        ]
    if name == "out":
        yield [_factor("b", (at["m"],))]


def _factor(operand: str, place: tuple[int, ...]) -> tuple[str, str]:
    value = getattr(OPERANDS, operand)[place]
    number = np.format_float_positional(value, trim="-")
    return _indexed(operand, place), f"({number})" if value < 0 else number


def _indexed(name: str, place: tuple[int, ...]) -> str:
    """Return an entry in letters; mathematics counts from 1."""
    return f"{_LETTERS[name]}_{{{''.join(str(index + 1) for index in place)}}}"
