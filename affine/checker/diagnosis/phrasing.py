"""Formulas, numbers and exceptions as a diagnosis shows them."""

import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from textwrap import shorten

from affine.checker.exceptions import in_words
from affine.equations import EQUATIONS

_SIGNS = {
    r"\bx_dot\b": "Ẋ", r"\bw_dot\b": "Ẇ", r"\bb_dot\b": "ḃ", r"\bx\b": "X", r"\bw\b": "W",
    r"\bn\b": "N", r"\bd\b": "D", r"\bm\b": "M", r"\.T\b": "ᵀ", " @ ": "·",
}  # fmt: skip


def notation(code: str) -> str:
    """Return a formula in the notation of the equations, as far as it goes."""
    for pattern, sign in _SIGNS.items():
        code = re.sub(pattern, sign, code)
    return code


def number(value: float) -> str:
    """Return a number as a reader would write it.

    Examples:
        >>> number(0.5), number(1 / 3), number(1 + 1e-9), number(-2.0), number(0.01)
        ('0.5', '1/3', '1.000000001', '-2', '0.01')
    """
    # A fitted number carries rounding of its own.
    short = f"{value:.12g}"
    fraction = Fraction(value).limit_denominator(10_000)
    if len(short) > 8 and fraction and abs(float(fraction) / value - 1) < 1e-12:
        return str(fraction)
    return short if float(short) != 1 else f"{value:.17g}".removesuffix(".0")


def shortest(value: float, is_near: Callable[[float], bool]) -> float:
    """Return the number with the fewest digits that is near enough to a value."""
    candidates = (float(f"{value:.{digits}g}") for digits in range(1, 17))
    return next(filter(is_near, candidates), value)


def scaled(code: str, scale: str, factor: float) -> str:
    """Return a formula times a factor times a scale, as code.

    Examples:
        >>> scaled("x.T @ dout", "1 / n", 1), scaled("x @ w + b", "1", -1)
        ('x.T @ dout / n', '-(x @ w + b)')
        >>> scaled("x.T @ dout", "1 / n", 2), scaled("x.T @ dout", "n", 1)
        ('2 * (x.T @ dout) / n', 'n * (x.T @ dout)')
    """
    whole = code if re.fullmatch(r"[\w.]+(\([^()]*\))?", code) else f"({code})"
    divided = scale.startswith("1 / ")
    front = [] if abs(factor) == 1 else [number(factor)]
    front += [] if divided or scale == "1" else [scale]
    text = " * ".join([*front, whole])
    if divided:
        text = f"{text if front or ' + ' in code else code} / {scale[4:]}"
    return f"-{text}" if factor == -1 else text


def summed(code: str, scale: str, factor: float, term: str) -> str:
    """Return a formula plus a scaled term, as code."""
    sign = "-" if factor < 0 else "+"
    part = term if scale == "1" and abs(factor) == 1 else scaled(term, scale, abs(factor))
    return f"{code} {sign} {part}"


def concerns(tag: str, quantities: Iterable[str]) -> bool:
    """Whether an equation says something of some results, or names no result at all.

    Examples:
        >>> concerns("per-sample-sum", ["dw"]), concerns("per-sample-sum", ["dx"])
        (True, False)
        >>> concerns("linearity", ["dx"])
        True
    """
    letters = {"out": "out", "dx": "dX", "dw": "dW", "db": "db"}
    named = letters.values() & EQUATIONS[tag].symbols.keys() if tag in EQUATIONS else set()
    wrong = {letters[quantity] for quantity in quantities if quantity in letters}
    return not named or not wrong or bool(named & wrong)


def listed(words: Sequence[str]) -> str:
    """Return words as a list that a sentence can hold."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def with_verb(names: Sequence[str], singular: str, plural: str) -> str:
    """Return names with the verb that agrees with them."""
    return f"{listed(names)} {singular if len(names) == 1 else plural}"


def error_message(error: Exception) -> str:
    """Return the first line of what an exception says, cut where it is long."""
    whole = str(getattr(error, "message", error))
    return shorten(whole.split("\n")[0], 200, placeholder=" …")


def describe_error(error: Exception) -> str:
    """Return an exception in a few words."""
    kind, place = (str(getattr(error, name, "")) for name in ("kind", "place"))
    kind = kind or type(error).__name__
    return in_words({"kind": kind, "message": error_message(error), "place": place})
