"""Words of a report: counts, chances, and text of the target made fit to print."""

import re
import unicodedata
from fractions import Fraction

from affine.layer import WorkerDied
from affine.oracle import Violation

__all__ = [
    "below", "clean", "clean_lines", "counted", "cut", "escaped", "is_seen", "kind_of", "message",
    "on_one_line", "told", "without_commands",
]  # fmt: skip

_LONGEST = 2000


# ------------------------------------------------------------------ text of the target


def cut(text: str, longest: int = _LONGEST) -> str:
    """Return a text of a bounded length; one that is longer says how much is left out.

    Examples:
        >>> cut("x" * 50_000_000, 3)
        'xxx … (49,999,997 more characters)'
    """
    more = len(text) - longest
    return text if more <= 0 else f"{text[:longest]} … ({more:,} more characters)"


def escaped(text: str) -> str:
    r"""Return a text in which whatever acts on a terminal or a log is only to be read.

    A name or an exception of the target can hold anything: the codes that paint a terminal,
    marks that reverse the reading order, commands to the CI that keeps the log.

    Examples:
        >>> print(escaped("red: \x1b[31m, end"))
        red: \x1b[31m, end
    """
    if not text.isprintable():
        text = "".join(sign if sign in "\n\t" or is_seen(sign) else _code(sign) for sign in text)
    return without_commands(text)


def is_seen(sign: str) -> bool:
    r"""Return whether a character is one that a reader sees, or a blank.

    Examples:
        >>> is_seen("ᵀ"), is_seen("\x07"), is_seen("\u202e")
        (True, False, False)
    """
    category = unicodedata.category(sign)
    return category[0] != "C" and category not in ("Zl", "Zp")


def _code(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


# A line that begins with :: is a command to GitHub; styles may stand before it. The other form,
# which GitHub, Azure Pipelines and TeamCity obey, may stand anywhere in a line.
_COMMANDS = re.compile(r"^((?:[^\S\n]|\x1b\[[\d;]*m)*):(?=:)|(##\w*)(?=\[)", re.MULTILINE)


def without_commands(text: str) -> str:
    r"""Return a text with a backslash in whatever a CI would take for a command.

    Examples:
        >>> print(without_commands("::error::no ##[error]no, x[::2] and a::b"))
        \::error::no ##\[error]no, x[::2] and a::b
    """
    return _COMMANDS.sub(
        lambda found: f"{found[1]}\\:" if found[2] is None else f"{found[2]}\\", text
    )


def clean(text: str, longest: int = _LONGEST) -> str:
    r"""Return text of the target that is fit to print: cut, and nothing in it acts.

    Examples:
        >>> print(clean("\x07bell\n", 3))
        \x07be … (2 more characters)
    """
    return escaped(cut(text.strip(), longest))


def clean_lines(text: str) -> str:
    r"""Return a text of which every line is clean, such as a traceback.

    Examples:
        >>> clean_lines("ValueError: \x07no\n")
        'ValueError: \\x07no\n'
    """
    return escaped("\n".join(map(cut, text.split("\n"))))


def on_one_line(text: str, longest: int = _LONGEST) -> str:
    r"""Return a text that is clean and has no line breaks, such as the name of a file.

    Examples:
        >>> print(on_one_line("two\nlines.py"))
        two\nlines.py
    """
    return clean(text, longest).replace("\n", r"\n")


# ------------------------------------------------------------------ exceptions


def message(error: object) -> str:
    """Return what an exception says, whatever its class does when it is asked.

    Examples:
        >>> message(ValueError("no"))
        'no'
    """
    try:
        return str(error)
    except Exception:
        return "its message cannot be shown"


def kind_of(error: Exception | None) -> str:
    """Return the class of an exception that the layer raised, `""` for a finding of this package.

    Examples:
        >>> kind_of(ZeroDivisionError("by 0")), kind_of(None)
        ('ZeroDivisionError', '')
    """
    if error is None or isinstance(error, (Violation, WorkerDied)):
        return ""
    # An exception of another process is told under the name that it has there.
    return str(getattr(error, "kind", "")) or type(error).__name__


def told(error: Exception | None, longest: int = _LONGEST) -> str:
    """Return what an exception says, with its class where the layer raised it.

    Examples:
        >>> told(ZeroDivisionError("by 0")), told(Violation("dw is wrong"))
        ('ZeroDivisionError: by 0', 'dw is wrong')
    """
    kind, said = kind_of(error), message(error)
    return clean(said if not kind or said.startswith(kind) else f"{kind}: {said}", longest)


# ------------------------------------------------------------------ numbers


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
