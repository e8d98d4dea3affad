"""How exceptions and warnings of the target travel: as text and the name of a built-in class."""

import builtins
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "TargetRaised",
    "message",
    "raised",
    "shown",
    "told",
    "told_warnings",
    "type_name",
    "warn_again",
]

# The target runs beside this code: what it does to the builtins must not reach the messages.
globals()["__builtins__"] = dict(vars(builtins))

_LONGEST_MESSAGE = 2000
_MOST_WARNINGS = 20
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120

_type_name = type.__dict__["__name__"].__get__


class TargetRaised(Exception):
    """The target raised in its process; a TypeError or a ValueError of it is one here too.

    Attributes:
        kind: The name of the exception's class.
        place: The last line of the user's file that it passed through, `""` if there is none.

    Examples:
        >>> error = raised(told(ValueError("no"), "mine.py"))
        >>> error, error.kind, isinstance(error, ValueError)
        (TargetRaised('ValueError: no'), 'ValueError', True)
    """

    kind = ""
    place = ""


# Whoever handles a TypeError or a ValueError handles that of a target too.
_CLASSES: dict[str, type[TargetRaised]] = {
    family.__name__: type("TargetRaised", (TargetRaised, family), {})
    for family in (TypeError, ValueError)
}


# ------------------------------------------------------------------ in the child


def told(error: BaseException, target: str) -> dict[str, str]:
    """Return what the parent has to know about an exception.

    Examples:
        >>> told(ValueError("no"), "mine.py")
        {'kind': 'ValueError', 'builtin': 'ValueError', 'message': 'no', 'place': ''}
    """
    families = [name for name in _CLASSES if isinstance(error, vars(builtins)[name])]
    return {
        "kind": type_name(error),
        "builtin": families[0] if families else "",
        "message": message(error),
        "place": _place(error, target),
    }


def message(error: object) -> str:
    """Return the text of an exception or a warning, whatever its class does."""
    try:
        return str(error)[:_LONGEST_MESSAGE]
    except BaseException:
        return "its message cannot be shown"


def type_name(thing: object) -> str:
    """Return the name of a thing's class, whatever its metaclass says.

    Examples:
        >>> type_name([])
        'list'
    """
    name: str = _type_name(type(thing))
    return name


def told_warnings(caught: Sequence[Any]) -> list[tuple[str, str]]:
    """Return the class and the text of the first warnings of a call, each with its line."""
    return [
        (
            _type_name(warning.category),
            f"{message(warning.message)} ({os.path.basename(warning.filename)}:{warning.lineno})",  # noqa: PTH119
        )
        for warning in caught[:_MOST_WARNINGS]
    ]


def _place(error: BaseException, target: str) -> str:
    """Return the last line in the user's file, or else the last one outside this package."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    try:
        users = _file(target)
        best = [line for line in lines if os.path.realpath(line[0]) == users]
    except BaseException:  # the target patched what this needs
        return ""
    best = best or [line for line in lines if not line[0].startswith(_PACKAGE)]
    return f"{os.path.basename(best[-1][0])}:{best[-1][1]}" if best else ""  # noqa: PTH119


def _file(target: str) -> str:
    place = target.rpartition(".py:")[0] + ".py" if ".py:" in target else target
    if not place.endswith(".py"):
        place = getattr(sys.modules.get(place.partition(":")[0]), "__file__", None) or ""
    return os.path.realpath(place)


# ------------------------------------------------------------------ in the parent


def shown(told: Mapping[str, str]) -> str:
    """Return an exception in one line.

    Examples:
        >>> shown({"kind": "ZeroDivisionError", "message": "by 0", "place": "a.py:3"})
        'ZeroDivisionError: by 0 (a.py:3)'
    """
    said = f": {told['message']}" if told["message"] else ""
    place = f" ({told['place']})" if told["place"] else ""
    return f"{told['kind']}{said}{place}"


def raised(told: Mapping[str, str]) -> TargetRaised:
    """Return the exception that stands for one in the child."""
    error = _CLASSES.get(told["builtin"], TargetRaised)(shown(told))
    error.kind, error.place = told["kind"], told["place"]
    return error


def warn_again(told: Sequence[tuple[str, str]]) -> None:
    """Give the warnings of a call once more, here; a class that is no built-in is RuntimeWarning.

    Examples:
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_again([("UserWarning", "old (a.py:3)"), ("MyWarning", "odd (a.py:4)")])
        >>> [warning.category.__name__ for warning in caught]
        ['UserWarning', 'RuntimeWarning']
    """
    for name, text in told:
        category = vars(builtins).get(name)
        known = isinstance(category, type) and issubclass(category, Warning)
        warnings.warn(str(text), category if known else RuntimeWarning, stacklevel=4)
