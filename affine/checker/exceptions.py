"""Why a target cannot be judged; and what it raised, in words, cut where it is long."""

import builtins
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

__all__ = [
    "NotThreeGradients", "TargetError", "TargetRaised", "cut", "describe", "describe_warning",
    "raised", "render", "text", "type_name", "warn_again",
]  # fmt: skip

# The target may run beside this code: what it does to the builtins must not reach the words.
globals()["__builtins__"] = dict(vars(builtins))

_LONGEST = 2000
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120
_type_name = type.__dict__["__name__"].__get__
_isinstance, _base_name, _real_path = isinstance, os.path.basename, os.path.realpath


class TargetError(Exception):
    """A target cannot be judged: it was not found, does not load, or has no known form.

    Examples:
        >>> from affine.checker.reading import load
        >>> load("mine.py")
        Traceback (most recent call last):
        ...
        affine.checker.exceptions.TargetError: no file mine.py; give the path of a Python file
    """


class NotThreeGradients(TypeError):
    """A backward pass returned something else than dx, dw and db; a TypeError for the user."""

    kind = "TypeError"


class TargetRaised(Exception):
    """The target raised in its process; what it was of `_FAMILIES` it is here too.

    Attributes:
        kind: The name of the exception's class.
        message: What it says.
        place: The last line in the user's file, `""` if none is known.
    """

    kind = message = place = ""


_FAMILIES = (NotThreeGradients, TypeError, ValueError)


def raised(described: dict[str, Any]) -> TargetRaised:
    """Return the exception that stands for a described one.

    Examples:
        >>> error = raised(describe(ValueError("no"), "mine.py"))
        >>> error, error.kind, isinstance(error, ValueError)
        (TargetRaised('ValueError: no'), 'ValueError', True)
    """
    families = [one for one in _FAMILIES if one.__name__ in described["families"]]
    attributes = {key: described[key] for key in ("kind", "message", "place")}
    kind = type("TargetRaised", (TargetRaised, *families), attributes)
    error: TargetRaised = kind(render(described))
    return error


def cut(whole: str) -> str:
    """Return the beginning of a long text, and how much follows.

    Examples:
        >>> cut("x" * 2**20)[-30:]
        ' … (1,046,576 more characters)'
    """
    more = len(whole) - _LONGEST
    return whole if more <= 0 else f"{whole[:_LONGEST]} … ({more:,} more characters)"


def text(error: object) -> str:
    """Return the text of an exception or a warning."""
    try:
        return cut(str(error))
    except BaseException:
        return "its message cannot be shown"


def type_name(thing: object) -> str:
    """Return the name of a thing's class, whatever its metaclass says.

    Examples:
        >>> type_name([])
        'list'
    """
    return cut(_type_name(thing if _isinstance(thing, type) else type(thing)))


def describe(error: BaseException, target: str) -> dict[str, Any]:
    """Return an exception as data: its class, its text, and the last line that it passed.

    Examples:
        >>> describe(ValueError("no"), "mine.py")
        {'kind': 'ValueError', 'families': ['ValueError'], 'message': 'no', 'place': ''}
    """
    return {
        "kind": NotThreeGradients.kind
        if _isinstance(error, NotThreeGradients)
        else type_name(error),
        "families": [one.__name__ for one in _FAMILIES if _isinstance(error, one)],
        "message": text(error),
        "place": _place(error, target),
    }


def describe_warning(caught: Any) -> tuple[str, str]:
    """Return the class and the text of a warning, with the line that it came from."""
    place = f"{_base_name(caught.filename)}:{caught.lineno}"
    return type_name(caught.category), f"{text(caught.message)} ({place})"


def warn_again(described: Sequence[tuple[str, str]]) -> None:
    """Give described warnings once more, each by a class of that name.

    Examples:
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_again([("MyWarning", "odd (a.py:4)")])
        >>> caught[0].category.__name__, str(caught[0].message)
        ('MyWarning', 'odd (a.py:4)')
    """
    for name, message in described:
        warnings.warn(message, type(name, (Warning,), {}), stacklevel=4)


def render(error: dict[str, Any]) -> str:
    """Return a described exception in one line.

    Examples:
        >>> render({"kind": "ZeroDivisionError", "message": "by 0", "place": "a.py:3"})
        'ZeroDivisionError: by 0 (a.py:3)'
    """
    message = f": {error['message']}" if error["message"] else ""
    place = f" ({error['place']})" if error["place"] else ""
    return f"{error['kind']}{message}{place}"


def _place(error: BaseException, target: str) -> str:
    """Return the last line in the user's file, or else the last one outside this package."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    try:
        users = _file(target)
        best = [line for line in lines if _real_path(line[0]) == users]
    except BaseException:  # the target patched what this needs
        return ""
    best = best or [line for line in lines if not line[0].startswith(_PACKAGE)]
    return f"{_base_name(best[-1][0])}:{best[-1][1]}" if best else ""


def _file(target: str) -> str:
    place = target.rpartition(".py:")[0] + ".py" if ".py:" in target else target
    if not place.endswith(".py"):
        place = getattr(sys.modules.get(place.partition(":")[0]), "__file__", None) or ""
    return _real_path(place)
