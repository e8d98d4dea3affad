"""The smallest input on which a known-wrong layer fails, as this build found it."""

from collections.abc import Mapping
from html import escape
from typing import Any

from docs.machinery import tex
from docs.machinery.block import reference
from docs.machinery.results import NOT_RUN, Results

__all__ = ["counterexample"]


def counterexample(layer: str, results: Results) -> str:
    """Return the counterexample of the layer as HTML."""
    found = results.counterexample(layer)
    if found is None:
        said = f"<code>{escape(layer)}</code>: {NOT_RUN} in this build"
        return f'<div class="counterexample"><p>{said}</p></div>'
    return (
        f'<div class="counterexample"><p><strong>{escape(found["mistake"])}.</strong> '
        f"The smallest input that shows it:</p>"
        f"{_inputs(found['inputs'])}{_verdict(found)}"
        f"<p>{escape(found['message'])}. Found by "
        f"{reference('property-' + found['property'], '<code>' + found['property'] + '</code>')}"
        f", which tests {_equations(found['equations'])}.</p></div>"
    )


def _inputs(inputs: Mapping[str, Any]) -> str:
    named = (f"{_symbol(name)} = {_matrix(value)}" for name, value in inputs.items())
    return _display(r",\quad ".join(named))


def _verdict(found: Mapping[str, Any]) -> str:
    if found["expected"] is None:
        return ""
    right = f"{_symbol(found['quantity'])} = {_matrix(found['expected'])}"
    wrong = rf"\text{{but the layer returns }} {_matrix(found['got'])}"
    return _display(rf"{right} \quad {wrong}")


def _display(shown: str) -> str:
    return f'<div class="display-math">{"".join(tex.parts(shown))}</div>'


def _symbol(name: str) -> str:
    if name in ("x", "w"):
        return name.upper()
    if name == "b":
        return name
    words = {"dx": "dX", "dw": "dW"}.get(name, name).replace("_", r"\_")
    return rf"\text{{{words}}}"


def _matrix(value: Any) -> str:
    if not isinstance(value, list):
        return _number(value)
    if not value or value == [[]] * len(value):
        return r"[\,]"
    # A vector stands as a column, as everywhere on the site.
    rows = [row if isinstance(row, list) else [row] for row in value]
    if any(isinstance(entry, list) for row in rows for entry in row):
        return r",\; ".join(map(_matrix, value))
    body = r" \\ ".join(" & ".join(map(_number, row)) for row in rows)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _number(value: float) -> str:
    short = f"{value:g}"
    shown = short if float(short) == value else repr(value)
    return rf"\text{{{shown.replace('-', '−')}}}"


def _equations(tags: list[str]) -> str:
    return ", ".join(reference(f"eq-{tag}", f"({tag})") for tag in tags)
