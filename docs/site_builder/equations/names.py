"""Names of quantities as the registry writes them (`X_i`, `dW^(i)`, `out-dot`), typeset.

One reading of a name serves the pages (MathML) and the pictures (SVG).
"""

import re
import unicodedata
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

__all__ = ["Part", "dotted", "italic", "parts", "to_mathml", "to_svg", "typeset", "width"]

_NAME = re.compile(
    r"(?P<base>[^\W\d_ᵀⁱᵢ]\N{COMBINING DOT ABOVE}?\N{COMBINING CIRCUMFLEX ACCENT}?(?![^\W\d_ᵀⁱᵢ])"
    r"|[^\W\d_ᵀⁱᵢ]+|\d+|.)"
    r"(?P<dot>-dot)?(?:_(?P<sub>[a-zA-Z0-9]+)|(?P<low>ᵢ))?(?P<sup>ᵀ|\^\(i\)|⁽[ⁱ·]⁾|⁻¹|')?"
)
_SUPERSCRIPTS = {"ᵀ": "⊤", "^(i)": "(i)", "⁽ⁱ⁾": "(i)", "⁽·⁾": "(·)", "⁻¹": "−1", "'": "′"}
_ACCENTS = {"\N{COMBINING DOT ABOVE}": "˙", "\N{COMBINING CIRCUMFLEX ACCENT}": "^"}
_DOT = "\N{COMBINING DOT ABOVE}"

# Names with an index, where they stand in plain text: `out_i`, `X_idᵀ`, but no identifiers.
_IN_TEXT = re.compile(r"(?<![\w/`])[^\W\d_]{1,4}_[a-z0-9]{1,2}ᵀ?(?!\w)")

# Single letters are set in italics: each letter, and the code point that draws it so.
_ITALIC = {
    unicodedata.normalize("NFKC", chr(code)): chr(code)
    for code in (*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C))
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


def dotted(base: str) -> str:
    """Return the registry's name of `base` with a dot above it."""
    return unicodedata.normalize("NFC", base + _DOT) if len(base) == 1 else f"{base}-dot"


def parts(name: str) -> list[Part]:
    """Read a name into its parts."""
    return list(_read(unicodedata.normalize("NFD", name)))


def _read(name: str) -> Iterator[Part]:
    for match in _NAME.finditer(name):
        base, sub = match["base"], match["sub"] or ("i" if match["low"] else "")
        accent = _DOT if match["dot"] else base[1:] if base[1:] in _ACCENTS else ""
        base = base[:1] if base[1:] in _ACCENTS else base
        yield Part(base, accent, sub, _SUPERSCRIPTS.get(match["sup"] or "", ""))


def typeset(text: str) -> str:
    """Return plain text with its indexed names as MathML; code between backticks stays."""
    pieces = text.split("`")
    pieces[::2] = [_IN_TEXT.sub(lambda name: to_mathml(name[0]), piece) for piece in pieces[::2]]
    return "`".join(pieces)


def to_mathml(name: str) -> str:
    """Return the name as inline MathML."""
    return f"<math>{''.join(map(_mathml, parts(name)))}</math>"


def _mathml(part: Part) -> str:
    base = _token(part.base)
    if part.accent:
        base = f'<mover accent="true">{base}<mo>{_ACCENTS[part.accent]}</mo></mover>'
    sub = f"<mrow>{''.join(map(_token, part.sub))}</mrow>" if part.sub else ""
    sup = f"<mrow>{''.join(map(_token, part.sup))}</mrow>" if part.sup else ""
    kind = {(True, True): "msubsup", (True, False): "msub", (False, True): "msup"}
    tag = kind.get((bool(sub), bool(sup)))
    return f"<{tag}>{base}{sub}{sup}</{tag}>" if tag else base


def _token(text: str) -> str:
    if text == "⊤":
        return '<mi data-intent="transpose" data-title="transposed">⊤</mi>'
    tag = "mi" if text.isalpha() or text == "𝟏" else "mn" if text.isdigit() else "mo"
    flat = ' stretchy="false"' if text in "()[]" else ' lspace="0" rspace="0"'
    return f"<{tag}{flat if tag == 'mo' else ''}>{escape(text)}</{tag}>"


def to_svg(name: str) -> str:
    """Return the name as `tspan`s, for a `text` element."""
    return "".join(map(_svg, parts(name)))


def _svg(part: Part) -> str:
    middle = len(part.base) // 2 + 1
    base = italic(part.base)
    if part.accent:
        base = base + part.accent if middle == 1 else base[:middle] + part.accent + base[middle:]
    text = escape(base)
    if part.sub:
        letters = escape("".join(map(italic, part.sub)))
        text += f'<tspan class="small" dy="4">{letters}</tspan><tspan dy="-4">\u200b</tspan>'
    if part.sup:
        letters = escape("".join(map(italic, part.sup)))
        text += f'<tspan class="small" dy="-6">{letters}</tspan><tspan dy="6">\u200b</tspan>'
    return text


def width(name: str) -> float:
    """Return about how wide the name is in a picture."""
    return sum(8.2 * len(part.base) + 6.0 * len(part.sub + part.sup) for part in parts(name))
