"""What the symbols mean, so that an equation can say it where the reader points."""

import re
import unicodedata
from collections.abc import Mapping
from html import escape
from xml.etree import ElementTree

from docs.site_builder.equations import names

__all__ = ["explain", "name_of", "shape", "shape_list"]

MEANINGS = {
    "X": "the input, a data point in each row",
    "W": "the weights",
    "b": "the bias",
    "out": "the output",
    "L": "the loss",
    "𝟏": "a vector of ones",
    "dout": "the upstream gradient",
    "dX": "the gradient of the input",
    "dW": "the gradient of the weights",
    "db": "the gradient of the bias",
    "X_i": "row i of X, one data point",
    "X_k": "row k of X, another data point",
    "w_j": "column j of W",
    "b_j": "entry j of b",
    "out_i": "row i of out",
    "out_ij": "one entry of out",
    "dout_i": "row i of dout",
    "dX_i": "row i of dX",
    "dW^(i)": "what data point i adds to dW",
    "db^(i)": "what data point i adds to db",
    "I_M": "the identity matrix",
    "ℓ_i": "the loss of data point i",
    "G": "the gradients of the per-sample losses, one in each row",
    "θ": "the parameters",
    "δ": "a step of the parameters",
    "Ẋ": "a direction of X",
    "Ẇ": "a direction of W",
    "ḃ": "a direction of b",
    "out-dot": "the change of out along the direction",
}

# HTML knows no `title` on mathematics, though browsers show it: a script renames it.
_TITLE = "data-title"

_SIDE = re.compile(r"[NDMK]")


def explain(mathml: str, symbols: Mapping[str, str]) -> str:
    """Give each known symbol of the equation a title with its meaning and shape."""
    known = {unicodedata.normalize("NFC", name): side for name, side in symbols.items()}
    root = ElementTree.fromstring(mathml)
    _explain_children(root, known)
    return ElementTree.tostring(root, encoding="unicode")


def _explain_children(parent: ElementTree.Element, known: Mapping[str, str]) -> None:
    for at, child in enumerate(list(parent)):
        if not (title := _title(child, known)):
            _explain_children(child, known)
        elif child.tag == "mi":
            # A title would replace the letter for assistive technology: wrap the letter.
            parent[at] = ElementTree.Element("mrow", {_TITLE: title})
            parent[at].append(child)
        else:
            child.set(_TITLE, title)


def _title(element: ElementTree.Element, known: Mapping[str, str]) -> str:
    name, transposed = name_of(element)
    if name not in known:
        return ""
    sides = known[name].split("×")
    if not transposed:
        return _say(name, known[name])
    if len(sides) == 2:
        return f"{name} transposed: {sides[1]}×{sides[0]}"
    return f"{name} as a row: 1×{sides[0]}" if len(sides) == 1 and sides[0] else ""


def _say(name: str, shape: str) -> str:
    meaning = MEANINGS.get(name, "")
    return f"{name}: " + ", ".join(filter(None, (meaning, shape or "a number")))


def name_of(element: ElementTree.Element) -> tuple[str, bool]:
    """Return the registry's name of what an element shows, and whether it is transposed."""
    inner = [name_of(child)[0] for child in element]
    match element.tag, inner:
        case ("msub", [base, sub]):
            return f"{base}_{sub}", False
        case ("msup", [base, "′"]):
            return f"{base}'", False
        case ("msup", [base, sup]):
            return (base, True) if sup == "⊤" else (f"{base}^{sup}", False)
        case ("msubsup", [base, sub, sup]):
            return (f"{base}_{sub}", True) if sup == "⊤" else (f"{base}^{sup}", False)
        case ("mover", [base, "˙"]):
            return names.dotted(base), False
        case ("mi" | "mn" | "mo" | "mrow", _):
            return (element.text or "") + "".join(inner), False
    return "", False


def shape(text: str) -> str:
    """Return a shape as HTML, each side in its colour."""
    return _SIDE.sub(lambda side: f'<span class="side-{side[0].lower()}">{side[0]}</span>', text)


def shape_list(symbols: Mapping[str, str]) -> str:
    """Return all symbols of an equation with their shapes as HTML."""
    items = (
        f'<span class="equation-symbol">{names.to_mathml(name)} '
        f"{shape(escape(sides)) or 'a number'}</span>"
        for name, sides in symbols.items()
    )
    return " ".join(items)
