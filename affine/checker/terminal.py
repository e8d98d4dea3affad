"""The process of the command: what it writes, whoever reads it, and how signals end it.

Ctrl-C and SIGTERM end it at once, without a traceback, and close what is open.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from math import inf
from threading import Timer, get_ident
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

_SIGNALS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_PATIENCE = 1.0


def show(parts: "Callable[[int], Iterable[RenderableType]]") -> None:
    """Print parts on standard output: in colour on a terminal, unless NO_COLOR says no."""
    from rich.console import Console

    from affine.checker.report.layout import printed

    console = Console()  # of the terminal: its width, and which colours it knows
    write(printed(parts(console.width), console.width, console.color_system), sys.stdout)


def write_stderr(text: str) -> None:
    """Write to standard error; whether anybody reads it changes nothing."""
    with suppress(click.ClickException):
        write(text, sys.stderr)


def write(text: str, stream: TextIO | None) -> None:
    """Write all of a text. That a reader went away (`| head`) is not an error of the check."""
    if stream is None:  # closed before this program began
        return
    encoding = stream.encoding or "utf-8"
    # A log that cannot hold an ᵀ gets a question mark, not a traceback.
    text = text.encode(encoding, "replace").decode(encoding)
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        discard(stream)
        if not isinstance(error, BrokenPipeError):
            raise click.ClickException(
                f"cannot write to {stream.name}: {error.strerror}; send the output elsewhere"
            ) from error


def discard(stream: TextIO | None) -> None:
    """Let what is not written yet go nowhere: Python would try once more at its end."""
    with suppress(AttributeError, OSError):  # there is no stream, or no file behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


class Interrupted(KeyboardInterrupt):
    """A signal asks for the end; as every KeyboardInterrupt, Hypothesis lets it through."""

    def __init__(self, number: int) -> None:
        super().__init__(f"{_SIGNALS[signal.Signals(number)]}: there is no verdict")
        self.number, self.code = number, 128 + number  # the exit code, as in a shell


class _Raising:
    """A handler that raises `Interrupted`, and sees to it that this does not get lost."""

    def __init__(self) -> None:
        self._raised, self._time = Interrupted(signal.SIGINT), -inf

    def __call__(self, number: int, frame: FrameType | None) -> None:
        # The same end may be asked for twice; the second must not interrupt the first.
        if monotonic() - self._time > _PATIENCE:
            self._raised, self._time = Interrupted(number), monotonic()
            raise self._raised

    def lost(self, unraisable: "sys.UnraisableHookArgs") -> None:
        """Ask once more where a callback could not raise, such as that of a garbage collection."""
        if unraisable.exc_value is not self._raised:
            sys.__unraisablehook__(unraisable)
            return
        self._time = -inf
        kill = partial(signal.raise_signal, self._raised.number)
        if hasattr(signal, "pthread_kill"):  # which also wakes the thread
            kill = partial(signal.pthread_kill, get_ident(), self._raised.number)
        Timer(0.05, kill).start()  # from another thread: now it would interrupt this hook


def end_by_exception() -> None:
    """Let the signals raise `Interrupted`: what is open is closed, also the layer's process."""
    raising = _Raising()
    sys.unraisablehook = raising.lost
    handle_signals(raising)


def handle_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    """Let the signals that end a command call a handler, unless they are ignored already."""
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a script
            signal.signal(number, handler)
