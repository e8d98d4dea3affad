"""Words of a report: counts, chances, and text of the target made fit to print."""

import unicodedata
from fractions import Fraction

from affine.layer import LayerGone
from affine.oracle import Violation

__all__ = ["below", "clean", "counted", "kind_of", "told"]

_LONGEST = 600


def clean(text: str, longest: int = _LONGEST) -> str:
    r"""Return text of the target without control characters, and of a bounded length.

    An exception of the target can hold anything, also the codes that paint a terminal.

    Examples:
        >>> clean("red: \x1b[31m, end\n")
        'red: [31m, end'
    """
    printable = "".join(
        sign if sign in "\n\t" or unicodedata.category(sign)[0] != "C" else "" for sign in text
    ).strip()
    return printable if len(printable) <= longest else f"{printable[: longest - 1]}…"


def kind_of(error: Exception | None) -> str:
    """Return the class of an exception that the layer raised, `""` for a finding of this package.

    Examples:
        >>> kind_of(ZeroDivisionError("by 0")), kind_of(None)
        ('ZeroDivisionError', '')
    """
    if error is None or isinstance(error, (Violation, LayerGone)):
        return ""
    # An exception of another process is told under the name that it has there.
    return str(getattr(error, "kind", "")) or type(error).__name__


def told(error: Exception | None, longest: int = _LONGEST) -> str:
    """Return what an exception says, with its class where the layer raised it.

    Examples:
        >>> told(ZeroDivisionError("by 0")), told(Violation("dw is wrong"))
        ('ZeroDivisionError: by 0', 'dw is wrong')
    """
    kind, said = kind_of(error), clean(str(error), longest)
    return said if not kind or said.startswith(kind) else f"{kind}: {said}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    Examples:
        >>> counted(1, "case"), counted(1843, "case"), counted(2, "property", "properties")
        ('1 case', '1,843 cases', '2 properties')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def below(bound: Fraction) -> str:
    """Return the smallest power of ten above a probability.

    Examples:
        >>> below(Fraction(3, 10**13)), below(Fraction(1, 10))
        ('10^-12', '10^0')
    """
    exponent = 0
    while bound and bound * 10 ** (exponent + 1) < 1:
        exponent += 1
    return f"10^-{exponent}" if exponent else "10^0"
