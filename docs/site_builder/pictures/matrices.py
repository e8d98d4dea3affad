"""Counterexamples: their arrays as boxes with numbers, wrong entries marked; and in words."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from affine.layer import Array
from docs.site_builder.equations import notation
from docs.site_builder.equations.block import reference
from docs.site_builder.record import NOT_RUN, Results

# The dimensions of what has a name: rows, then columns. A vector stands as a column.
_SHAPES = {
    "x": "nd", "w": "dm", "b": "m1", "dout": "nm", "out": "nm", "out_dot": "nm", "dx": "nd",
    "dw": "dm", "db": "m1",
}  # fmt: skip
_SYMBOLS = {"x": "X", "w": "W", "dx": "dX", "dw": "dW", "out_dot": "out-dot"}
_MOST = 8  # rows or columns that are drawn one by one


def counterexample(layer: str, results: Results) -> str:
    """Return the smallest failing input of a known-wrong layer as HTML."""
    entry = results.counterexample(layer)
    if entry is None:
        text = f"<code>{escape(layer)}</code>: {NOT_RUN} in this build"
        return f'<div class="counterexample"><p>{text}</p></div>'
    by = reference(f"property-{entry['property']}", f"<code>{entry['property']}</code>")
    tested = ", ".join(reference(f"eq-{tag}", f"({tag})") for tag in entry["equations"])
    return (
        f'<div class="counterexample"><p>A layer in which <strong>{escape(entry["mistake"])}'
        f"</strong>. The smallest input found that shows it:</p>{figure(entry)}"
        f"<p>{escape(entry['message'])}. Found by {by}, which tests {tested}.</p></div>"
    )


def counterexample_text(layer: str, results: Results) -> str:
    """Return the same as Markdown, in the words of the report."""
    entry = results.counterexample(layer)
    if entry is None:
        return f"`{layer}`: {NOT_RUN} in this build."
    lines = [f"{name} = {json.dumps(value)}" for name, value in entry["inputs"].items()]
    if entry["expected"] is not None:
        right, wrong = json.dumps(entry["expected"]), json.dumps(entry["got"])
        lines.append(f"{entry['quantity']} = {right}, but the layer returns {wrong}")
    text, by = "\n".join(lines), entry["property"]
    return (
        f"A layer in which {entry['mistake']}. The smallest input found that shows it:\n\n"
        f"```text\n{text}\n```\n\n"
        f"{entry['message']}. Found by [`{by}`][property-{by}]."
    )


def figure(entry: Mapping[str, Any]) -> str:
    """Return the inputs of a counterexample, and what they should give beside what they give."""
    inputs = "".join(_box(name, np.asarray(value)) for name, value in entry["inputs"].items())
    pictures = f'<div class="matrices">{inputs}</div>'
    if entry["expected"] is None:
        return pictures
    name, right, wrong = entry["quantity"], *map(np.asarray, (entry["expected"], entry["got"]))
    # Numbers alone do not tell a vector from a matrix of one row.
    should, does = ("", "") if right.shape == wrong.shape else (right.shape, wrong.shape)
    return (
        f'{pictures}<div class="matrices"><div>should be {should} {_box(name, right)}</div> '
        f"<div>but is {does} {_box(name, wrong, right)}</div></div>"
    )


def _box(name: str, value: Array, right: Array | None = None) -> str:
    """Return a table for each sheet of an array; for what is too large to draw, its shape."""
    # Where the shapes differ, no entry is the wrong one.
    other = right if right is not None and right.shape == value.shape else value
    is_wrong = (value != other) & ~(np.isnan(value) & np.isnan(other))
    sheets = list(zip(value, is_wrong, strict=True)) if value.ndim == 3 else [(value, is_wrong)]
    too_many = len(sheets) > 3
    dimensions = f" sides-{_SHAPES[name]}" if name in _SHAPES else ""
    symbol = _SYMBOLS.get(name, name)
    caption = notation.name_to_mathml(symbol) if name in _SHAPES else escape(symbol)
    tables = ""
    for sheet, wrong in sheets[: 1 if too_many else None]:
        # A vector stands as a column, a number as one box.
        entries, marked = (np.atleast_2d(one.T).T for one in (sheet, wrong))
        if too_many or not entries.size or max(entries.shape) > _MOST:
            rows = f'<tr><td class="shape">{(value if too_many else sheet).shape}</td></tr>'
        else:
            template = np.where(marked, "<td><mark>{}</mark></td>", "<td>{}</td>")
            rows = "\n".join(
                f"<tr>{' '.join(cells).format(*map(number, row))}</tr>"
                for row, cells in zip(entries, template, strict=True)
            )
        tables += f'<table class="matrix{dimensions}"><caption>{caption}</caption>\n'
        tables += f"{rows}</table>\n"
    return tables


def number(value: float) -> str:
    """Return a number as short as it can be said.

    Examples:
        >>> number(2.0), number(-0.5), number(float("-inf")), number(1 / 3)
        ('2', '−0.5', '−∞', '0.3333333333')

        What only looks short when rounded is said in full:

        >>> number(0.1 + 0.2)
        '0.30000000000000004'
    """
    short = f"{value:g}"
    text = short if float(short) == value else f"{value:.10g}"
    if float(text) == float(short) != value:
        text = repr(float(value))
    return text.replace("-", "−").replace("inf", "∞").replace("nan", "NaN")
