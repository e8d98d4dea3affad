"""The catalogue of known mistakes, and the formulas by which each is recognised.

A formula is NumPy code over x, w, b, dout and the sizes n, d, m, as the files in `known` write it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple

from affine.checker.diagnosis.mistake import Mistake

__all__ = ["MISTAKES", "RIGHT", "Formula", "formulas", "scales", "terms"]

RIGHT: Mapping[str, str] = {
    "out": "x @ w + b",
    "dx": "dout @ w.T",
    "dw": "x.T @ dout",
    "db": "dout.sum(axis=0)",
    "out_dot": "x_dot @ w + x @ w_dot + b_dot",
    "per-sample dx": "dout @ w.T",
    "per-sample dw": "x[:, :, None] * dout[:, None, :]",
    "per-sample db": "dout * 1",
}
"""The right formula of each quantity."""

# Where two formulas are one function, the first one gives it its name.
_FILES = ("scale", "operands", "sums", "parts", "entries", "behaviour")
_ENTRIES: list[dict[str, Any]] = [
    entry
    for name in _FILES
    for entry in tomllib.loads(
        files(__package__).joinpath("known", f"{name}.toml").read_text(encoding="utf-8")
    )["mistake"]
]


def _mistake(entry: Mapping[str, Any]) -> Mistake:
    told = ("name", "title", "sentence", "formula", "equation", "remedy")
    return Mistake(
        **{key: entry[key] for key in told},
        right=entry.get("right", _right(entry["formula"])),
        seen=tuple((one["at"], one["says"]) for one in entry.get("seen", ())),
        unshown=entry.get("unshown", ""),
    )


def _right(formula: str) -> str:
    """Return the line that belongs where a formula stands; `""` where none does."""
    name, _, code = formula.partition(" = ")
    if name in RIGHT and not re.search(rf"\b{name}\b", code):
        return f"{name} = {RIGHT[name]}"
    return "return dx, dw, db" if formula.startswith("return ") else ""


MISTAKES: Mapping[str, Mistake] = {entry["name"]: _mistake(entry) for entry in _ENTRIES}
"""Every known mistake by name."""


class Formula(NamedTuple):
    """A wrong formula, or a part of one.

    Attributes:
        mistake: The name of the mistake that it makes.
        code: The formula, the scale or the term, as NumPy code.
        factor: The only factor of a term that makes this mistake; None where any does.
        says: What is done to the right result, where the code of the term is hard to read;
            {plus} stands for its factor and {times} for one more.

    Examples:
        >>> next(known for known in formulas("dx") if known.mistake == "transpose-missing").code
        'dout @ w'
    """

    mistake: str
    code: str
    factor: float | None = None
    says: str = ""


@cache
def formulas(quantity: str) -> tuple[Formula, ...]:
    """Return the known wrong formulas of a quantity, each once.

    Examples:
        >>> [found.code for found in formulas("dx") if found.mistake == "transpose-missing"]
        ['dout @ w']
    """
    first: dict[str, Formula] = {RIGHT[quantity]: Formula("", "")}
    for found in _written(quantity):
        first.setdefault(found.code, found)
    for code in _products(quantity):
        first.setdefault(code, Formula("wrong-operand", code))
    return tuple(first.values())[1:]


def _written(quantity: str) -> Iterator[Formula]:
    right = RIGHT[quantity]
    for entry in _ENTRIES:
        codes = list(entry.get(quantity, ()))
        codes += [_after(template, right) for template in entry.get("after", ())]
        codes += [_replaced(right, operands) for operands in entry.get("before", ())]
        for code in codes:
            yield Formula(entry["name"], code)
            if quantity != "out":  # many a backward pass has no b at hand
                yield Formula(entry["name"], code.replace("x @ w + b", "x @ w"))


def _after(template: str, right: str) -> str:
    whole = right if right.endswith(")") else f"({right})"
    return template.replace("({})", "{}").replace("{}", whole)


def _replaced(right: str, operands: Mapping[str, str]) -> str:
    def replacement(found: re.Match[str]) -> str:
        code = operands.get(found[0], found[0])
        return code if _is_one_factor(code) else f"({code})"

    return re.sub(r"\b(?:x|w|b|dout)\b", replacement, right)


def _is_one_factor(code: str) -> bool:
    """Whether code is a name, a call or an index, or stands in brackets already."""
    call = r"[\w.]*\((?:[^()]*\([^()]*\))*[^()]*\)"
    index = r"[\w.]+(?:\[[^\]]*\])?"
    return re.fullmatch(f"{call}|{index}", code) is not None


def _products(quantity: str) -> Iterator[str]:
    """Yield every product of two operands, transposed or not."""
    if quantity in ("out", "dx", "dw"):
        for left, right in product(("x", "w", "dout", "x.T", "w.T", "dout.T"), repeat=2):
            yield f"{left} @ {right}" + (" + b" if quantity == "out" else "")


@cache
def terms(quantity: str) -> tuple[Formula, ...]:
    """Return the known terms that are added to a quantity; the ones with one factor come first.

    Examples:
        >>> terms("dw")[-1].factor is None
        True
    """
    found = [
        Formula(entry["name"], part[quantity], part.get("factor"), part.get("says", ""))
        for entry in _ENTRIES
        for part in entry.get("plus", ())
        if quantity in part
    ]
    return tuple(sorted(found, key=lambda term: term.factor is None))


@cache
def scales() -> tuple[Formula, ...]:
    """Return the known wrong scales.

    Examples:
        >>> scales()[0].mistake, scales()[0].code
        ('averaged-over-the-batch', '1 / n')
    """
    return tuple(
        Formula(entry["name"], code) for entry in _ENTRIES for code in entry.get("scale", ())
    )
