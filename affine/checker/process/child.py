"""One child process, from the parent's side: lines to it and from it, what it prints, its end."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from secrets import token_hex
from threading import Thread
from time import monotonic
from typing import Any

from affine.checker.process import LONGEST_LINE
from affine.layer import WorkerDied

FORGED = "the process wrote to the connection of the checker"
_MOST_LINES = 1000  # more than are ever asked for at once

# What the child starts inherits it, and is found by it, whatever group or session it is in.
_MARK = "RUN_ID"


class Child:
    """A Python process that runs a program, and answers on its standard output.

    Its standard input and output are the connection. The program moves them away before it
    runs the target, so that what the target prints comes to `keep` by its standard error.
    """

    def __init__(self, program: str, inherits: Sequence[int], keep: Callable[..., None]) -> None:
        self.alive, self._keep, self._mark = True, keep, token_hex(8)
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            # The program is no argument: those can be read by the target.
            [sys.executable, "-c", "exec(input())"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            env={**os.environ, _MARK: self._mark}, pass_fds=inherits, start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )  # fmt: skip
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._readers = [Thread(target=run, daemon=True) for run in (self._listen, self._collect)]
        for reader in self._readers:
            reader.start()
        self.send(program.encode("ascii") + b"\n")

    def send(self, lines: bytes) -> None:
        """Send lines: a few kilobytes, for a pipe holds no more before it is read."""
        with suppress(BrokenPipeError):  # whoever waits for the answer learns why
            self._process.stdin.write(lines)  # type: ignore[union-attr]

    def answer(self, seconds: float, when: str) -> dict[str, Any]:
        """Return the next message; raise TimeoutError if there is none yet.

        It raises `WorkerDied` if the child ended or wrote to the connection itself; it is killed.
        """
        try:
            return dict(json.loads(self._line(seconds)))
        except EOFError:
            reason = self._how_it_ended(when)
        except (TypeError, ValueError, RecursionError):
            reason = f"{FORGED} {when}"
        self.end()
        raise WorkerDied(reason)

    def end(self) -> None:
        """End the child and whatever it started."""
        if not self.alive:
            return
        self.alive = False
        _end_tree(self._process, self._mark)
        with suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr]
        pipes = self._process.stdout, self._process.stderr
        for reader, pipe in zip(self._readers, pipes, strict=True):
            reader.join(timeout=1)
            if not reader.is_alive():  # else somebody who is left holds the other end
                pipe.close()  # type: ignore[union-attr]

    def _line(self, seconds: float) -> bytes:
        deadline = monotonic() + seconds
        while True:
            left = deadline - monotonic()
            try:
                line = self._lines.get(timeout=max(min(left, 0.1), 0))
            except Empty:
                # Look whether it ended: a copy of it may keep the connection open. Its last line
                # may still be on its way to the queue.
                if self._process.poll() is not None:
                    self._readers[0].join(timeout=1)
                    if self._lines.empty():
                        raise EOFError from None
                elif left <= 0:
                    raise TimeoutError from None
                continue
            if not line:
                raise EOFError
            if not line.endswith(b"\n") or self._lines.qsize() >= _MOST_LINES:
                raise ValueError("a line without an end, or lines without end")
            return line

    def _listen(self) -> None:
        stream, line = io.BufferedReader(self._process.stdout), b"\n"  # type: ignore[type-var]
        # Who floods the connection is not read any further, and waits.
        while line.endswith(b"\n") and self._lines.qsize() < _MOST_LINES:
            line = stream.readline(LONGEST_LINE)
            self._lines.put(line)
        stream.detach()

    def _collect(self) -> None:
        while part := self._process.stderr.read(2**16):  # type: ignore[union-attr]
            self._keep(part)

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

    started: list[Any] = []
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
                if other.environ().get(_MARK) == mark and other.status() != "zombie":
                    started.append(other)
        if not started:
            return
        for other in started:
            with suppress(psutil.Error):
                other.kill()
        psutil.wait_procs(started, timeout=1)
        started = []
