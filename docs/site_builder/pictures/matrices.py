"""Arrays of a counterexample as boxes with their numbers, wrong entries marked."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from docs.site_builder.equations import names

__all__ = ["figure", "number"]

# The sides of what has a name: rows, then columns. A vector stands as a column.
_SIDES = {
    "x": "nd", "w": "dm", "b": "m1", "dout": "nm", "out": "nm", "out_dot": "nm", "dx": "nd",
    "dw": "dm", "db": "m1",
}  # fmt: skip
_SYMBOLS = {"x": "X", "w": "W", "dx": "dX", "dw": "dW", "out_dot": "out-dot"}
_MOST = 8  # rows or columns that are drawn one by one


def figure(found: Mapping[str, Any]) -> str:
    """Return the inputs of a counterexample, and what they should give beside what they give."""
    inputs = "".join(_box(name, value) for name, value in found["inputs"].items())
    pictures = f'<div class="matrices">{inputs}</div>'
    if found["expected"] is None:
        return pictures
    name, right, wrong = found["quantity"], found["expected"], found["got"]
    # Numbers alone do not tell a vector from a matrix of one row.
    should, does = ("", "") if _shape(right) == _shape(wrong) else (_shape(right), _shape(wrong))
    return (
        f'{pictures}<div class="matrices"><div>should be {should} {_box(name, right)}</div> '
        f"<div>but is {does} {_box(name, wrong, right)}</div></div>"
    )


def _box(name: str, value: Any, right: Any = None) -> str:
    sheets = value if _depth(value) == 3 else [value]
    rights = right if _depth(right) == 3 and len(right) == len(sheets) else [right] * len(sheets)
    if len(sheets) > 3:
        sheets, rights = [_shape(value)], [None]
    return "".join(_table(name, *pair) for pair in zip(sheets, rights, strict=True))


def _table(name: str, value: Any, right: Any) -> str:
    sides = f" sides-{_SIDES[name]}" if name in _SIDES else ""
    rows = "\n".join(f"<tr>{' '.join(row)}</tr>" for row in _rows(value, right))
    return f'<table class="matrix{sides}"><caption>{_symbol(name)}</caption>\n{rows}</table>\n'


def _rows(value: Any, right: Any) -> Iterator[list[str]]:
    """Yield the cells of each row; for what is too large to draw, one cell with its shape."""
    if isinstance(value, str):
        yield [f'<td class="shape">{value}</td>']
        return
    entries = _matrix(value)
    if not entries or not entries[0] or max(len(entries), len(entries[0])) > _MOST:
        yield [f'<td class="shape">{_shape(value)}</td>']
        return
    # Where the shapes differ, no entry is the wrong one.
    others = _matrix(right) if right is not None and _shape(right) == _shape(value) else entries
    for row, other in zip(entries, others, strict=True):
        yield [_cell(a, b) for a, b in zip(row, other, strict=True)]


def _cell(value: float, right: float) -> str:
    is_right = value == right or (value != value and right != right)  # NaN is not equal to itself
    return f"<td>{number(value)}</td>" if is_right else f"<td><mark>{number(value)}</mark></td>"


def _matrix(value: Any) -> list[list[float]]:
    rows = value if isinstance(value, list) else [value]
    return [row if isinstance(row, list) else [row] for row in rows]


def _depth(value: Any) -> int:
    return 1 + _depth(value[0]) if isinstance(value, list) and value else 0


def _shape(value: Any) -> str:
    sizes = []
    while isinstance(value, list):
        sizes.append(str(len(value)))
        value = value[0] if value else None
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _symbol(name: str) -> str:
    symbol = _SYMBOLS.get(name, name)
    return names.to_mathml(symbol) if name in _SIDES else escape(symbol)


def number(value: float) -> str:
    """Return a number as short as it can be said.

    Examples:
        >>> number(2.0), number(-0.5), number(float("-inf")), number(1 / 3)
        ('2', '−0.5', '−∞', '0.3333333333')
    """
    short = f"{value:g}"
    shown = short if float(short) == value else f"{value:.10g}"
    return shown.replace("-", "−").replace("inf", "∞").replace("nan", "NaN")
