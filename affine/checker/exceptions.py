"""Why a target cannot be judged; and what it raised, in words, cut where it is long."""

import builtins
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

# The target may run beside this code: what it does to the builtins must not reach the words.
globals()["__builtins__"] = dict(vars(builtins))

LONGEST = 2000
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120
_type_name = type.__dict__["__name__"].__get__
_isinstance, _base_name, _real_path = isinstance, os.path.basename, os.path.realpath


class TargetError(Exception):
    """A target cannot be judged: it was not found, does not load, or has no known form.

    Examples:
        >>> from affine.checker.reading import load
        >>> try:
        ...     load("no_such_file.py")
        ... except TargetError as error:
        ...     print(str(error).splitlines()[0])
        no file no_such_file.py; give the path of a Python file
    """


class NotThreeGradients(TypeError):
    """A backward pass returned something else than dx, dw and db; a TypeError for the user."""

    kind = "TypeError"


class TargetRaised(Exception):
    """The target raised in its process; what it was of `_FAMILIES` it is here too."""

    kind = message = ""  # the name of the exception's class, and what it says
    place = ""  # the last line in the user's file, if one is known


_FAMILIES = (NotThreeGradients, TypeError, ValueError)


def cut(text: str, longest: int = LONGEST) -> str:
    """Return a text of a bounded length; one that is longer says how much is left out."""
    more = len(text) - longest
    return text if more <= 0 else f"{text[:longest]} … ({more:,} more characters)"


def message(error: object, longest: int = LONGEST) -> str:
    """Return the text of an exception or a warning, whatever its class does when it is asked."""
    try:
        return cut(str(error), longest)
    except BaseException:
        return "its message cannot be shown"


def type_name(thing: object) -> str:
    """Return the name of a thing's class, whatever its metaclass says."""
    return cut(_type_name(thing if _isinstance(thing, type) else type(thing)))


def describe(error: BaseException, target: str) -> dict[str, Any]:
    """Return an exception as data: its class, what else it is, its message and its place."""
    is_ours = _isinstance(error, NotThreeGradients)
    return {
        "kind": NotThreeGradients.kind if is_ours else type_name(error),
        "families": [family.__name__ for family in _FAMILIES if _isinstance(error, family)],
        "message": message(error),
        "place": _place(error, target),
    }


def in_words(described: dict[str, Any]) -> str:
    """Return a described exception in one line."""
    text = f": {described['message']}" if described["message"] else ""
    place = f" ({described['place']})" if described["place"] else ""
    return f"{described['kind']}{text}{place}"


def rebuild_exception(described: dict[str, Any]) -> TargetRaised:
    """Return the exception that stands for a described one."""
    families = [family for family in _FAMILIES if family.__name__ in described["families"]]
    attributes = {key: str(described[key]) for key in ("kind", "message", "place")}
    kind = type("TargetRaised", (TargetRaised, *families), attributes)
    error: TargetRaised = kind(in_words(described))
    return error


def describe_warning(caught: Any) -> tuple[str, str]:
    """Return the class and the text of a warning, with the line that it came from."""
    place = f"{_base_name(caught.filename)}:{caught.lineno}"
    return type_name(caught.category), f"{message(caught.message)} ({place})"


def warn_again(described: Sequence[tuple[str, str]]) -> None:
    """Give described warnings once more, each by a class of that name."""
    for name, text in described:
        warnings.warn(text, type(name, (Warning,), {}), stacklevel=4)


def _place(error: BaseException, target: str) -> str:
    """Return the last line in the user's file, or else the last one outside this package."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    file = target.rpartition(".py:")[0] + ".py" if ".py:" in target else target
    try:
        if not file.endswith(".py"):
            file = getattr(sys.modules.get(file.partition(":")[0]), "__file__", None) or ""
        users = _real_path(file)
        best = [line for line in lines if _real_path(line[0]) == users]
    except BaseException:  # the target patched what this needs
        return ""
    best = best or [line for line in lines if not line[0].startswith(_PACKAGE)]
    return f"{_base_name(best[-1][0])}:{best[-1][1]}" if best else ""
