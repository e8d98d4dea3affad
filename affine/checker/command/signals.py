"""Ctrl-C and SIGTERM: the command ends at once, without a traceback, and closes what is open."""

import signal
import sys
from collections.abc import Callable
from math import inf
from threading import Timer, get_ident
from time import monotonic
from types import FrameType

__all__ = ["Ended", "end_by_exception", "ignore_signals"]

_SIGNALS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_PATIENCE = 1.0
_LATER = 0.05


class Ended(KeyboardInterrupt):
    """A signal asks for the end; as every KeyboardInterrupt, Hypothesis lets it through.

    Attributes:
        code: The exit code, as in a shell.

    Examples:
        >>> str(Ended(signal.SIGINT)), Ended(signal.SIGTERM).code
        ('interrupted: there is no verdict', 143)
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"{_SIGNALS[signal.Signals(number)]}: there is no verdict")
        self.number, self.code = number, 128 + number


class _Raising:
    """A handler that raises `Ended`, and sees to it that this does not get lost."""

    def __init__(self) -> None:
        self._raised, self._time = Ended(signal.SIGINT), -inf

    def __call__(self, number: int, frame: FrameType | None) -> None:
        # The same end may be asked for twice; the second must not interrupt the first.
        if monotonic() - self._time > _PATIENCE:
            self._raised, self._time = Ended(number), monotonic()
            raise self._raised

    def lost(self, unraisable: "sys.UnraisableHookArgs") -> None:
        """Ask once more where a callback could not raise, such as that of a garbage collection."""
        if unraisable.exc_value is not self._raised:
            sys.__unraisablehook__(unraisable)
            return
        self._time = -inf
        # Later, and from another thread: now it would interrupt this hook.
        Timer(_LATER, _signal_to, [get_ident(), self._raised.number]).start()


def _signal_to(thread: int, number: int) -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(thread, number)  # which also wakes it
    else:
        signal.raise_signal(number)


def end_by_exception() -> None:
    """Let the signals raise `Ended`: then what is open is closed, also the process of the layer."""
    raising = _Raising()
    sys.unraisablehook = raising.lost
    _handle(raising)


def ignore_signals() -> None:
    """Ignore the signals from here on: at the end of a process one would only print a traceback."""
    _handle(signal.SIG_IGN)


def _handle(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a script
            signal.signal(number, handler)
