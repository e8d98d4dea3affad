"""A copy of this process in place of a new one: what is imported is not imported again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, NoReturn

# What is written in C loads once in a process, and what it keeps is that of the copy.
_STAYS = ("numpy", "cython_runtime")


class Fork:
    """Runs a function in a copy of this process, which must have one thread; see `Popen`.

    The copy is the leader of a session of its own. It has three pipes as standard streams, and
    no other file of this process but those in `keeps`.
    """

    def __init__(self, run: Callable[[], object], keeps: Sequence[int]) -> None:
        (its_input, stdin), (stdout, its_output), (stderr, its_errors) = (
            os.pipe() for _ in range(3)
        )
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            _become(run, (its_input, its_output, its_errors), keeps)
        for end in (its_input, its_output, its_errors):
            os.close(end)
        self.stdin: IO[bytes] = os.fdopen(stdin, "wb", buffering=0)
        self.stdout: IO[bytes] = os.fdopen(stdout, "rb", buffering=0)
        self.stderr: IO[bytes] = os.fdopen(stderr, "rb", buffering=0)

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        if self.returncode is None:
            number, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if number else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, once it has; raise `subprocess.TimeoutExpired` after a time."""
        start = time.monotonic()
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() - start > timeout:
                raise subprocess.TimeoutExpired("fork", timeout)
            time.sleep(0.002)
        return code

    def kill(self) -> None:
        """End it, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def _become(run: Callable[[], object], streams: Sequence[int], keeps: Sequence[int]) -> NoReturn:
    try:
        os.setsid()
        for number, end in enumerate(streams):
            os.dup2(end, number)
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 (no path is needed)
            if int(name) > 2 and int(name) not in keeps:
                with suppress(OSError):  # the one of the listing
                    os.close(int(name))
        run()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def forget_modules(known: frozenset[str]) -> None:
    """Let a copy hold the modules of a plain process, and draw random numbers of its own."""
    for name in sys.modules.keys() - known:
        if name.partition(".")[0] not in _STAYS and not name.startswith("_cython_"):
            del sys.modules[name]
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
