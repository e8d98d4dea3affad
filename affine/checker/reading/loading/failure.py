"""Why a target does not load, and what to do, in words."""

import importlib.util
import pkgutil
import re
import sys
import traceback
from pathlib import Path
from typing import Any

from affine.checker.reading.loading.limit import TooLong
from affine.checker.reading.messages import sentence
from affine.checker.reading.vocabulary import closest

__all__ = ["ALIAS", "explain"]

ALIAS = "affine_target_{}_{:x}"
"""The name of a target's module, or of the outermost package of it."""
_ALIAS = re.compile(r"\baffine_target_(\w+)_[0-9a-f]+\b")


def explain(error: BaseException, place: str) -> tuple[str, str]:
    """Return what went wrong when a target was loaded, and the message that says so.

    Examples:
        >>> explain(EOFError("no input"), "mine.py")[0]
        'EOFError: no input'
    """
    if isinstance(error, ModuleNotFoundError) and f"{place}.".startswith(f"{error.name}."):
        return str(error), _no_module(place)
    reason, facts = _reason(error)
    why = _ALIAS.sub(r"\1", sentence(reason, line=_line(error, place), **facts))
    remedy = _ALIAS.sub(r"\1", sentence(f"{reason}_remedy", **facts))
    return why, sentence("not_loaded", place=place, why=why, remedy=remedy)


def _reason(error: BaseException) -> tuple[str, dict[str, Any]]:
    """Return the entry of the messages for an error, and its facts."""
    facts: dict[str, Any] = {"kind": type(error).__name__}
    if isinstance(error, SyntaxError):
        text = (error.text or "").strip()
        return "syntax_error", {**facts, "why": error.msg, "text": text}
    if isinstance(error, ModuleNotFoundError) and error.name:
        first = error.name.partition(".")[0]
        is_there = first != error.name and _is_there(first)
        reason = "missing_part" if is_there else "missing_import"
        return reason, {**facts, "name": error.name, "package": error.name.rpartition(".")[0]}
    if isinstance(error, SystemExit):
        return "ends_the_program", {**facts, "code": error.code}
    if isinstance(error, TooLong):
        return "runs_too_long", {"seconds": error.args[0]}
    return "raises_at_import", {"raised": ": ".join(filter(None, [facts["kind"], str(error)]))}


def _line(error: BaseException, place: str) -> str:
    """Return the last line of the target's file that an error has passed, as words."""
    name = Path(place).name
    if isinstance(error, SyntaxError):
        file = error.filename or ""
        return f"{error.lineno}" + ("" if Path(file).name == name else f" of {file}")
    passed = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in passed if Path(frame.f_code.co_filename).name == name]
    return f" (line {lines[-1]})" if lines else ""


def _no_module(place: str) -> str:
    package, _, name = place.rpartition(".")
    if not _is_there(package):
        return sentence("no_module", place=place)
    inside = pkgutil.iter_modules(getattr(sys.modules.get(package), "__path__", []))
    near = closest(name, [each.name for each in inside])
    hint = f"did you mean {package}.{near}?" if near else f"{package} is there; name a module of it"
    return sentence("no_such_part", place=place, hint=hint)


def _is_there(package: str) -> bool:
    try:
        return package in sys.modules or importlib.util.find_spec(package) is not None
    except (ImportError, ValueError, AttributeError):
        return False
