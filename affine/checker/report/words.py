"""Words of a report: counts, numbers, and text of the target made fit to print."""

import os
import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

import numpy as np

from affine.checker.exceptions import LONGEST, TargetRaised, cut, message, type_name
from affine.layer import WorkerDied
from affine.oracle import Violation


def escaped(text: str) -> str:
    """Return a text in which whatever acts on a terminal or a log is only to be read."""
    # A name or an exception of the target can hold anything: the codes that paint a terminal,
    # marks that reverse the reading order, commands to the CI that keeps the log.
    if not text.isprintable():
        text = "".join(
            sign if sign in "\n\t" or is_visible(sign) else sign.encode("unicode_escape").decode()
            for sign in text
        )
    return without_commands(text)


def is_visible(sign: str) -> bool:
    """Whether a character is one that a reader sees, or a blank."""
    category = unicodedata.category(sign)
    return category[0] != "C" and category not in ("Zl", "Zp")


# A line that begins with :: is a command to GitHub; styles may stand before it. The other form,
# which GitHub, Azure Pipelines and TeamCity obey, may stand anywhere in a line.
_COMMANDS = re.compile(r"^(?:[^\S\n]|\x1b\[[\d;]*m)*(?=::)|##\w*(?=\[)", re.MULTILINE)


def without_commands(text: str) -> str:
    """Return a text with a backslash in whatever a CI would take for a command."""
    return _COMMANDS.sub(r"\g<0>\\", text)


def clean(text: str, longest: int = LONGEST) -> str:
    """Return text of the target that is fit to print: cut, and nothing in it acts."""
    return escaped(cut(text.strip(), longest))


def on_one_line(text: str, longest: int = LONGEST) -> str:
    """Return a text that is clean and has no line breaks, such as the name of a file."""
    return clean(text, longest).replace("\n", r"\n")


def kind_of(error: Exception | None) -> str:
    """Return the class of what the layer raised, `""` for a finding of this package."""
    if error is None or isinstance(error, (Violation, WorkerDied)):
        return ""
    return error.kind if isinstance(error, TargetRaised) else type_name(error)


def describe(error: Exception, longest: int = LONGEST) -> str:
    """Return the text of an exception, with its class where the layer raised it."""
    # What was raised in another process names its class already.
    kind = "" if isinstance(error, TargetRaised) else kind_of(error)
    return escaped(": ".join(filter(None, [kind, message(error, longest)])).strip())


def closest(name: str, names: Iterable[str]) -> str:
    """Return a question that offers the most similar name, `""` where none is similar."""
    known = list(names)
    near = get_close_matches(name, known, n=1) or [each for each in known if name and name in each]
    return f"did you mean {near[0]}?" if near else ""


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def below(bound: Fraction) -> str:
    """Return the smallest power of ten above a probability."""
    exponent = 0
    while bound and bound * 10 ** (1 - exponent) < 1:
        exponent -= 1
    return f"10^{exponent}"


def number(value: Any, *, fully: bool = False) -> str:
    """Return a number as a reader writes it: a whole one without a point, others in short."""
    value = float(value) if isinstance(value, Fraction) else value
    if np.isfinite(float(value)) and int(value) == value and abs(int(value)) < 10**17:
        return "-0" if value == 0 and np.signbit(float(value)) else str(int(value))
    digits = str(value)
    return digits if fully or len(digits) <= 9 else f"~{float(value):.5g}"


def code_number(value: Any) -> str:
    """Return a number as code, with every digit that it needs."""
    if not np.isfinite(value):
        return str(float(value)).replace("nan", "np.nan").replace("inf", "np.inf")
    if value.dtype.itemsize > 8:  # Python has no long double; NumPy reads one from text
        return repr(str(value))
    short = str(value)
    return short if value.dtype.type(float(short)) == value else repr(float(value))


def _released_at() -> str:
    """Return the address of the site, which the metadata of a release name."""
    try:
        urls: list[str] = metadata("affine-gradients").get_all("Project-URL", [])
    except PackageNotFoundError:  # run from a copy of the repository
        return ""
    return dict(each.split(", ", 1) for each in urls).get("Homepage", "")


def page(tag: str) -> str:
    """Return the URL of an equation's page, or `""` where the site's address is not known."""
    site = os.environ.get("AFFINE_SITE_URL", _released_at()).rstrip("/")
    return f"{site}/t/{tag}/index.html" if site else ""
