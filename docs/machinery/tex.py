"""TeX to MathML at build time. What cannot be converted stops the build."""

from math_core import LatexError, LatexToMathML

__all__ = ["TexError", "to_mathml"]

_converter = LatexToMathML(annotation=False, fancy_error=False)

# Speech engines read the bare sign as "down tack".
_TRANSPOSED = '<mi intent="transpose" title="transposed">⊤</mi>'


class TexError(ValueError):
    """TeX that has no MathML, quoted with the converter's complaint."""


def to_mathml(tex: str, *, display: bool = False) -> str:
    """Return the MathML of `tex`, with transposes that can be read aloud."""
    try:
        mathml = _converter.convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise TexError(f"cannot convert the TeX {tex!r}: {error}") from None
    return mathml.replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}").replace(
        "<mi>⊤</mi>", _TRANSPOSED
    )
