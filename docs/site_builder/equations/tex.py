"""TeX to MathML at build time. What cannot be converted stops the build."""

import re

from math_core import LatexError, LatexToMathML

__all__ = ["TexError", "parts", "to_mathml"]

_converter = LatexToMathML(annotation=False, fancy_error=False)

# Speech engines read the bare sign as "down tack".
_TRANSPOSED = '<mi data-intent="transpose" data-title="transposed">⊤</mi>'

# Where a displayed formula may be broken: at wide spaces and before implications.
_JOINTS = re.compile(r"\\q?quad\b|(?=\\;\\Rightarrow)")


class TexError(ValueError):
    """TeX that has no MathML, quoted with the converter's complaint."""


def to_mathml(tex: str, *, display: bool = False) -> str:
    """Return the MathML of `tex`, with transposes that can be read aloud."""
    try:
        mathml = _converter.convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise TexError(f"cannot convert the TeX {tex} ({error})") from None
    return (
        mathml.replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}")
        .replace("<mi>⊤</mi>", _TRANSPOSED)
        .replace(' scriptlevel="0"', "")  # nothing else, where a table is no script
    )


def parts(tex: str) -> list[str]:
    """Return a displayed formula in parts that may stand below each other, as MathML."""
    whole = [""]
    for piece in _JOINTS.split(tex):
        # A wide space inside an environment is no place to break.
        if whole[-1].count(r"\begin") > whole[-1].count(r"\end"):
            return [to_mathml(tex, display=True)]
        whole.append(piece)
    return [to_mathml(part, display=True) for part in whole[1:]]
