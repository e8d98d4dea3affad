"""A limit of the time that the code of a target may take when it is loaded."""

import signal
import site
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["TooLong", "time_limit"]

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
        left -= 0 if _in_a_library(frame) else _TICK
        if left <= 0:
            raise TooLong(SECONDS)

    before = signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _in_a_library(frame: FrameType | None) -> bool:
    """Whether a library is being imported: to end that would leave a part of it behind."""
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(_LIBRARIES)
