"""One child process, from the parent's side: lines to it and from it, what it prints, its end."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, Queue
from secrets import token_hex
from threading import Thread
from time import monotonic
from typing import IO, Any, cast

from affine.checker.process import LONGEST_LINE
from affine.layer import WorkerDied

FORGED = "the process wrote to the connection of the checker"
_MOST_PARTS = 1000  # more than are ever waited for at once
_MOST_PRINTED = 2**16  # bytes

# What the child starts inherits it, and is found by it, whatever group or session it is in.
_MARK = "RUN_ID"


class Child:
    """A Python process that runs a program, by lines on its standard input and output.

    The program moves these away before it runs the target, so that what the target prints comes
    by its standard error: the end of it is in `printed`.
    """

    looks = 300  # before it waits: some tenths of a millisecond

    def __init__(
        self,
        program: str,
        inherits: Sequence[int],
        printed: bytearray,
        copied: "subprocess.Popen[bytes] | None" = None,
        longest: int = LONGEST_LINE,
        wrapper: Sequence[str] = (),
    ) -> None:
        # A copy of this process, and what it starts, have the mark of this process.
        self._mark = os.environ[_MARK] if copied else token_hex(8)
        self.alive, self._printed, self._longest = True, printed, longest
        self._process = copied or subprocess.Popen(
            # The program is no argument: those can be read by the target. Threads that share so
            # small a product would spend more time waiting for each other.
            [*wrapper, sys.executable, "-c", "exec(input())"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            env={"OPENBLAS_NUM_THREADS": "1", **os.environ, _MARK: self._mark},
            pass_fds=inherits, start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )  # fmt: skip
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._stderr = cast("IO[bytes]", self._process.stderr)
        self._received, self._parts = bytearray(), Queue[bytes](_MOST_PARTS)
        self._readers = {self._stderr: Thread(target=self._collect, daemon=True)}
        if sys.platform == "win32":
            self._readers[self._stdout] = Thread(target=self._listen, daemon=True)
        else:
            self._connection = select.poll()
            self._connection.register(self._stdout, select.POLLIN)
        for reader in self._readers.values():
            reader.start()
        if not copied:
            self.send(program.encode("ascii") + b"\n")

    def send(self, lines: bytes) -> None:
        """Send lines: a few kilobytes, for a pipe holds no more before it is read."""
        with suppress(BrokenPipeError):  # whoever waits for the answer learns why
            self._process.stdin.write(lines)  # type: ignore[union-attr]

    def answer(self, seconds: float, when: str) -> dict[str, Any]:
        """Return the next message; raise TimeoutError if there is none yet.

        End the child and raise `WorkerDied` if it has ended, or sends something else.
        """
        try:
            return dict(json.loads(self._line(seconds).decode("ascii")))
        except EOFError:
            reason = self._how_it_ended(when)
        except (TypeError, ValueError, RecursionError):
            reason = f"{FORGED} {when}"
        self.end()
        raise WorkerDied(reason)

    def status(self, seconds: float) -> int | None:
        """Return how the child ended, None if it has not by then; it gets no more to read."""
        self._process.stdin.close()  # type: ignore[union-attr]
        deadline, reader = monotonic() + seconds, self._readers[self._stderr]
        # What it prints ends when it does, at once, unless a copy of it holds the other end.
        while reader.is_alive() and self._process.poll() is None and monotonic() < deadline:
            reader.join(timeout=0.1)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=max(deadline - monotonic(), 0))
        return self._process.poll()

    def end(self) -> None:
        """End the child and whatever it started."""
        if not self.alive:
            return
        self.alive = False
        _end_tree(self._process, self._mark)
        self._process.stdin.close()  # type: ignore[union-attr]
        for pipe in (self._stdout, self._stderr):
            if reader := self._readers.get(pipe):
                reader.join(timeout=1)
            if not reader or not reader.is_alive():  # else who is left holds the other end
                pipe.close()

    def _line(self, seconds: float) -> bytes:
        deadline = monotonic() + seconds
        while b"\n" not in self._received:
            part = self._part(max(min(deadline - monotonic(), 0.1), 0))
            # Look whether it ended: a copy of it may keep the connection open. Its last line may
            # still be on its way.
            if part is None and self._process.poll() is not None:
                part = self._part(1.0) or b""
            if part is None and monotonic() >= deadline:
                raise TimeoutError
            if part == b"" and not self._received:
                raise EOFError
            if part == b"" or len(self._received) >= self._longest:
                raise ValueError("a line without an end")
            self._received += part or b""
        line, _, self._received = self._received.partition(b"\n")
        return bytes(line)

    def _part(self, seconds: float) -> bytes | None:
        """Return what has come, `b""` at the end; None where nothing comes in time."""
        if sys.platform == "win32":  # where nothing tells whether a pipe has something to read
            with suppress(Empty):
                return self._parts.get(timeout=seconds)
            return None
        # A thread between would take longer than a call, and to be woken longer than a small one.
        for _ in range(self.looks):
            if self._connection.poll(0):
                break
            os.sched_yield()
        if self._connection.poll(1000 * seconds):
            return os.read(self._stdout.fileno(), LONGEST_LINE)
        return None

    def _listen(self) -> None:
        part = b"?"
        while part:
            part = self._stdout.read(2**16)
            self._parts.put(part)  # who floods the connection is read no further, and waits

    def _collect(self) -> None:
        while part := self._stderr.read(2**16):
            self._printed += part
            del self._printed[:-_MOST_PRINTED]

    def _how_it_ended(self, when: str) -> str:
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return f"the process closed the connection of the checker {when}"
        how = signal.strsignal(-status) if status < 0 else f"exit status {status}"
        return f"the process ended {when} ({how})"


def _end_tree(process: "subprocess.Popen[bytes]", mark: str) -> None:
    """End a process and all that it started, also what has left its group or its session."""
    import psutil  # late: the process starts before

    started = list[Any]()
    ours = os.getpid(), os.getppid()  # which may have the same mark
    if process.poll() is None:  # else its number may be that of another one by now
        with suppress(psutil.Error):
            started = psutil.Process(process.pid).children(recursive=True)
        if sys.platform != "win32":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
    for _ in range(5):  # one may start another while it is ended
        for other in psutil.process_iter():
            with suppress(Exception):  # it has ended, or is none of ours
                is_marked = other.pid not in ours and other.environ().get(_MARK) == mark
                if is_marked and other.status() != "zombie":
                    started.append(other)
        if not started:
            return
        for other in started:
            with suppress(psutil.Error):
                other.kill()
        psutil.wait_procs(started, timeout=1)
        started = []
