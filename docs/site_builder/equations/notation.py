"""Mathematics as MathML: TeX, the registry's names of quantities, and what the symbols mean.

A name as the registry writes it (`X_i`, `dW^(i)`, `out-dot`) is read once, for the pages (MathML)
and for the pictures (SVG). TeX that cannot be converted stops the build.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from math_core import LatexError, LatexToMathML

# Speech engines read the bare sign as "down tack".
_TRANSPOSE = '<mi data-intent="transpose" data-title="transposed">⊤</mi>'


# ------------------------------------------------------------------ TeX

_converter = LatexToMathML(annotation=False, fancy_error=False)

# A prime is raised already: it stands beside its letter, not above it and smaller.
_PRIME = '<mo lspace="0" rspace="0">′</mo>'
_PRIMED = re.compile(r"<msup>((?:(?!</?msup>).)*)<mo>′</mo></msup>")
_PRIMED_WITH_MORE = re.compile(r"<msup>((?:(?!</?msup>).)*)<mrow><mo>′</mo>(.*?)</mrow></msup>")

# Where a displayed formula may be broken: at wide spaces and before implications.
_JOINTS = re.compile(r"\\q?quad\b|(?=\\;\\Rightarrow)")


def tex_to_mathml(tex: str, *, display: bool = False) -> str:
    """Return the MathML of `tex`, with transposes that can be read aloud, and primes in place."""
    try:
        mathml = _converter.convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise ValueError(f"cannot convert the TeX {tex} ({error})") from None
    mathml = _PRIMED.sub(rf"<mrow>\1{_PRIME}</mrow>", mathml)
    mathml = _PRIMED_WITH_MORE.sub(rf"<msup><mrow>\1{_PRIME}</mrow>\2</msup>", mathml)
    return (
        mathml.replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}")
        .replace("<mi>⊤</mi>", _TRANSPOSE)
        .replace(' scriptlevel="0"', "")  # nothing else, where a table is no script
    )


def formula_parts(tex: str) -> list[str]:
    """Return a displayed formula in parts that may stand below each other, as MathML."""
    parts = [""]
    for piece in _JOINTS.split(tex):
        # A wide space inside an environment is no place to break.
        if parts[-1].count(r"\begin") > parts[-1].count(r"\end"):
            return [tex_to_mathml(tex, display=True)]
        parts.append(piece)
    return [tex_to_mathml(part, display=True) for part in parts[1:]]


def displayed(tex: str) -> str:
    # Flattened to a line of text, as a search would show it, it cannot be read.
    math = "".join(formula_parts(tex))
    return f'<div class="display-math" data-search-exclude="true">{math}</div>'


# ------------------------------------------------------------------ names

_NAME = re.compile(
    r"(?P<base>[^\W\d_ᵀⁱᵢ]\N{COMBINING DOT ABOVE}?\N{COMBINING CIRCUMFLEX ACCENT}?(?![^\W\d_ᵀⁱᵢ])"
    r"|[^\W\d_ᵀⁱᵢ]+|\d+|.)"
    r"(?P<dot>-dot)?(?:_(?P<sub>[a-zA-Z0-9]+′?)|(?P<low>ᵢ))?(?P<sup>ᵀ|\^\(i\)|⁽[ⁱ·]⁾|⁻¹|')?"
)
_SUPERSCRIPTS = {"ᵀ": "⊤", "^(i)": "(i)", "⁽ⁱ⁾": "(i)", "⁽·⁾": "(·)", "⁻¹": "−1", "'": "′"}
_DOT = "\N{COMBINING DOT ABOVE}"
_ACCENTS = {_DOT: "˙", "\N{COMBINING CIRCUMFLEX ACCENT}": "^"}

# Names with an index, where they stand in plain text: `out_i`, `X_idᵀ`, but no identifiers.
_IN_TEXT = re.compile(r"(?<![\w/`])[^\W\d_]{1,4}_(?:[a-z0-9]{1,2}|[A-Z])ᵀ?(?!\w)")

# Single letters are set in italics: each letter, and the code point that draws it so. A variant,
# such as ϑ, comes after its letter and has the same normal form: from the end, the letter is last.
_ITALIC = {
    unicodedata.normalize("NFKC", chr(code)): chr(code)
    for code in (*range(0x1D434, 0x1D468), *reversed(range(0x1D6E2, 0x1D71C)))
    if unicodedata.name(chr(code), "")
} | {"h": "\N{PLANCK CONSTANT}"}


class Part(NamedTuple):
    """A letter, word or sign, with what stands above, below and beside it."""

    base: str
    accent: str = ""
    sub: str = ""
    sup: str = ""


def italic(letter: str) -> str:
    """Return the mathematical italic of a single letter, or the text as it is."""
    return _ITALIC.get(letter, letter)


def _parts(name: str) -> Iterator[Part]:
    for match in _NAME.finditer(unicodedata.normalize("NFD", name)):
        base, sub = match["base"], match["sub"] or ("i" if match["low"] else "")
        accent = _DOT if match["dot"] else base[1:] if base[1:] in _ACCENTS else ""
        base = base[:1] if base[1:] in _ACCENTS else base
        yield Part(base, accent, sub, _SUPERSCRIPTS.get(match["sup"] or "", ""))


def typeset(text: str) -> str:
    """Return plain text with its indexed names as MathML; code between backticks stays."""
    pieces = text.split("`")
    pieces[::2] = [_IN_TEXT.sub(lambda m: name_to_mathml(m[0]), piece) for piece in pieces[::2]]
    return "`".join(pieces)


def name_to_mathml(name: str) -> str:
    mathml = ""
    for part in _parts(name):
        base = _token(part.base)
        if part.accent:
            base = f'<mover accent="true">{base}<mo>{_ACCENTS[part.accent]}</mo></mover>'
        scripts = [f"<mrow>{''.join(map(_token, one))}</mrow>" for one in part[2:] if one]
        tag = f"m{'sub' if part.sub else ''}{'sup' if part.sup else ''}"
        mathml += f"<{tag}>{base}{''.join(scripts)}</{tag}>" if scripts else base
    return f"<math>{mathml}</math>"


def _token(text: str) -> str:
    if text == "⊤":
        return _TRANSPOSE
    if text == "Σ":
        return '<mi mathvariant="normal">Σ</mi>'
    tag = "mi" if text.isalpha() or text == "𝟏" else "mn" if text.isdigit() else "mo"
    flat = ' stretchy="false"' if text in "()[]" else ' lspace="0" rspace="0"'
    return f"<{tag}{flat if tag == 'mo' else ''}>{escape(text)}</{tag}>"


def name_to_svg(name: str) -> str:
    """Return the name as `tspan`s, for a `text` element."""
    svg = ""
    for part in _parts(name):
        middle, base = len(part.base) // 2 + 1, italic(part.base)
        # An italic letter is one character, and its accent comes last.
        at = len(base) if middle == 1 else middle
        svg += escape(base[:at] + part.accent + base[at:])
        for script, down in ((part.sub, 4), (part.sup, -6)):
            if script:
                letters = escape("".join(map(italic, script)))
                svg += f'<tspan class="small" dy="{down}">{letters}</tspan>'
                svg += f'<tspan dy="{-down}">\u200b</tspan>'
    return svg


def width(name: str) -> float:
    """Return about how wide the name is in a picture."""
    return sum(8.2 * len(part.base) + 6.0 * len(part.sub + part.sup) for part in _parts(name))


# ------------------------------------------------------------------ meanings

_TEXT = Path(__file__).with_name("meanings.toml").read_text(encoding="utf-8")
MEANINGS = {unicodedata.normalize("NFC", name): text for name, text in tomllib.loads(_TEXT).items()}

# HTML knows no `title` on mathematics, though browsers show it: a script renames it.
_TITLE = "data-title"


def explain(mathml: str, symbols: Mapping[str, str]) -> str:
    """Give each known symbol of the equation a title with its meaning and shape."""
    known = {unicodedata.normalize("NFC", name): shape for name, shape in symbols.items()}
    root = ElementTree.fromstring(mathml)
    _explain_children(root, known)
    return ElementTree.tostring(root, encoding="unicode")


def _explain_children(parent: ElementTree.Element, known: Mapping[str, str]) -> None:
    for at, child in enumerate(list(parent)):
        name, transposed = name_of(child)
        shape, title = known.get(name), ""
        match (shape or "").split("×"):
            case [rows, columns] if transposed:
                title = f"{name} transposed: {columns}×{rows}"
            case [size] if transposed and size:
                title = f"{name} as a row: 1×{size}"
            case _ if shape is not None and not transposed:
                parts = filter(None, (MEANINGS.get(name), shape or "a number"))
                title = f"{name}: {', '.join(parts)}"
        if not title:
            _explain_children(child, known)
        elif child.tag == "mi":
            # A title would replace the letter for assistive technology: wrap the letter.
            parent[at] = ElementTree.Element("mrow", {_TITLE: title})
            parent[at].append(child)
        else:
            child.set(_TITLE, title)


def name_of(element: ElementTree.Element) -> tuple[str, bool]:
    """Return the registry's name of what an element shows, and whether it is transposed."""
    inner = [name_of(child)[0] for child in element]
    match element.tag, inner:
        case ("msub", [base, sub]):
            other = sub.replace("'", "′")  # as in X_i′, where a prime is no superscript
            return f"{base}_{other}", False
        case ("msup", [base, sup]):
            return (base, True) if sup == "⊤" else (f"{base}^{sup}", False)
        case ("msubsup", [base, sub, sup]):
            return (f"{base}_{sub}", True) if sup == "⊤" else (f"{base}^{sup}", False)
        case ("mover", [base, "˙"]):
            one_letter = unicodedata.normalize("NFC", base + _DOT)
            return one_letter if len(base) == 1 else f"{base}-dot", False
        case ("mi" | "mn" | "mo" | "mrow", _):
            return (element.text or "").replace("′", "'") + "".join(inner), False
    return "", False


def shape_list(symbols: Mapping[str, str]) -> str:
    """Return all symbols of an equation with their shapes as HTML, each size in its colour."""
    coloured = {
        name: re.sub("[NDMP]", lambda m: f'<span class="side-{m[0].lower()}">{m[0]}</span>', shape)
        for name, shape in symbols.items()
    }
    return " ".join(
        f'<span class="equation-symbol">{name_to_mathml(name)} '
        f"{typeset(shape) or 'a number'}</span>"
        for name, shape in coloured.items()
    )
