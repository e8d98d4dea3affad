"""Mathematics on one line of plain text, as the search shows it: `∂L/∂out_ij`, `Xᵀ dout`."""

import re
from html import escape
from unicodedata import normalize
from xml.etree import ElementTree

_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
_RELATIONS = frozenset("=≠≈<>≤≥∈⇒↦")
_INVISIBLE = "\N{FUNCTION APPLICATION}"
_ACCENTS = {"˙": "\N{COMBINING DOT ABOVE}", "^": "\N{COMBINING CIRCUMFLEX ACCENT}"}


def in_text(html: str) -> str:
    """Return HTML with each formula as a line of text."""
    return _MATH.sub(lambda math: escape(line(math[0]), quote=False), html)


def line(mathml: str) -> str:
    """Return a formula as a line of text.

    Examples:
        >>> line("<math><mfrac><mn>1</mn><mn>2</mn></mfrac><mi>g</mi></math>")
        '1/2 g'
        >>> line("<math><msup><mi>X</mi><mi>⊤</mi></msup><mi>dout</mi></math>")
        'Xᵀ dout'
    """
    return " ".join(_line(ElementTree.fromstring(mathml)).split())


def _line(element: ElementTree.Element) -> str:
    match element.tag, [_line(child) for child in element]:
        case "mfrac", [above, below]:
            return f"{_grouped(above)}/{_grouped(below)} "
        case "mover", [base, accent] if accent in _ACCENTS and len(base) == 1:
            return normalize("NFC", base + _ACCENTS[accent])
        case "mover", [base, "˙"]:
            return f"{base}-dot"
        case "msup", [base, sup]:
            return base + _raised(sup)
        case "msub" | "munder", [base, sub]:
            return f"{base}_{_script(sub)}"
        case "msubsup" | "munderover", [base, sub, sup]:
            return f"{base}_{_script(sub)}{_raised(sup)}"
        case "mo", _:
            sign = (element.text or "").replace(_INVISIBLE, "")
            return f" {sign} " if sign in _RELATIONS else sign
        case _, inner:
            return _beside([element.text or "", *inner])


def _beside(parts: list[str]) -> str:
    """Join what stands side by side; a space keeps two names apart."""
    text = ""
    for part in parts:
        text += " " + part if text[-1:].isalpha() and part[:1].isalpha() else part
    return text


def _raised(sup: str) -> str:
    return "ᵀ" if sup == "⊤" else sup if sup == "′" else f"^{_script(sup)}"


def _script(text: str) -> str:
    """Several letters are one script; anything longer is in brackets."""
    text = text.replace(" ", "")
    return text if text.replace("′", "").isalnum() or text[0] == "(" else f"({text})"


def _grouped(text: str) -> str:
    """One number or one name, perhaps with a script, needs no brackets in a fraction."""
    one = re.fullmatch(r"\d+|∂*[^\W\d_]+(_\w+)?ᵀ?", text.strip())
    return text.strip() if one else f"({text.strip()})"
