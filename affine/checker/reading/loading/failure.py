"""Why a target does not load, in words; and how long it may take to."""

import importlib.util
import pkgutil
import re
import signal
import site
import sys
import sysconfig
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from affine.checker.reading.vocabulary import closest, sentence

__all__ = ["ALIAS", "TooLong", "explain", "is_importable", "time_limit"]

ALIAS = "affine_target_{}_{:x}"
"""The name of a target's module, or of the outermost package of it."""
_ALIAS = re.compile(r"\baffine_target_(\w+)_[0-9a-f]+\b")
SECONDS = 5.0
"""How long the code of a target may run; a library that it imports may take longer."""
_TICK = 0.25
_LIBRARIES = (
    "<", sysconfig.get_path("stdlib"), *site.getsitepackages(), site.getusersitepackages(),
)  # fmt: skip


class TooLong(BaseException):
    """The code of a target ran for so many seconds. No handler of errors in it sees this."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise `TooLong` in what runs here once it took its time, that of libraries not counted.

    Without an alarm clock (on Windows, in a thread, or where it is in use) there is no limit here:
    that of the whole process holds.

    Examples:
        >>> with time_limit():
        ...     answer = 42
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not (is_main and hasattr(signal, "setitimer")) or any(signal.getitimer(signal.ITIMER_REAL)):
        yield
        return
    left = SECONDS

    def tick(number: int, frame: FrameType | None) -> None:
        nonlocal left
        while frame is not None and frame.f_code.co_name != "<module>":
            frame = frame.f_back
        # To end the import of a library would leave a part of it behind.
        is_library = frame is not None and frame.f_code.co_filename.startswith(_LIBRARIES)
        left -= 0 if is_library else _TICK
        if left <= 0:
            raise TooLong(SECONDS)

    before = signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


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
        facts |= {"why": error.msg, "text": (error.text or "").strip()}
        return "syntax_error", {**facts, "version": "{}.{}".format(*sys.version_info)}
    if isinstance(error, ModuleNotFoundError) and error.name:
        first = error.name.partition(".")[0]
        is_there = first != error.name and is_importable(first)
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
    if not is_importable(package):
        return sentence("no_module", place=place)
    inside = pkgutil.iter_modules(getattr(sys.modules.get(package), "__path__", []))
    near = closest(name, [each.name for each in inside])
    hint = f"did you mean {package}.{near}?" if near else f"{package} is there; name a module of it"
    return sentence("no_such_part", place=place, hint=hint)


def is_importable(name: str) -> bool:
    """Whether there is a module of this name."""
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False
