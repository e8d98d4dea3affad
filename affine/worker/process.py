"""One child process, from the parent's side: its start, frames to and from it, and its end."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from select import POLLIN, POLLOUT, poll
from time import monotonic
from typing import Any

from affine.worker.wire import Nonsense, Stream, read

__all__ = ["Ended", "Output", "Process"]

_BOOT = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from affine.worker.child import main; main(int(sys.argv[1]), sys.argv[2])"
)
_KEPT_OUTPUT = 2**16
_PART = 2**16
_LOOK_AFTER = 0.1  # seconds until a silent child is looked at: did it end?


class Ended(Exception):
    """The child ended, hung, or spoke nonsense; it has been killed."""


class Output:
    """The end of what a target printed, over all its processes."""

    def __init__(self) -> None:
        self.tail = b""

    def add(self, more: bytes) -> None:
        """Keep the last 64 KiB."""
        self.tail = (self.tail + more)[-_KEPT_OUTPUT:]


class Process:
    """A child process that has the target to load, and what it prints.

    Its standard streams belong to the target; frames have a connection of their own. The
    output is read whenever an answer is awaited, so a target that prints is never held up.

    Args:
        target: What the child loads.
        output: Where to keep what it prints.
    """

    def __init__(self, target: str, output: Output) -> None:
        self._output = output
        self._connection, other_end = socket.socketpair()
        self._connection.setblocking(False)
        self._printed, writes = os.pipe()
        os.set_blocking(self._printed, False)
        with other_end:
            self._child = subprocess.Popen(
                [sys.executable, "-c", _BOOT, str(other_end.fileno()), target, *sys.path],
                stdin=subprocess.DEVNULL,
                stdout=writes,
                stderr=writes,
                pass_fds=[other_end.fileno()],
                start_new_session=True,
            )
        os.close(writes)
        self._stream = Stream(self._receive)
        self._deadline = 0.0
        self._poll = poll()
        self._poll.register(self._connection, POLLIN)
        self._poll.register(self._printed, POLLIN)

    def answer(self, frame: bytes, timeout: float, when: str) -> tuple[dict[str, Any], bytes]:
        """Send a frame and return the header and the bytes of the next answer.

        Args:
            frame: What to send; none at the start, where the child speaks first.
            timeout: Seconds until the answer must be there.
            when: What the child is doing, in the words of a message.

        Raises:
            Ended: There is no answer, or none that makes sense; the child has been killed.
        """
        self._deadline = monotonic() + timeout
        try:
            self._send(frame)
            return read(self._stream.take)
        except BaseException as error:
            reason = self._reason(error, timeout, when)
            self.kill()
            if reason:
                raise Ended(reason) from None
            raise

    def drain(self) -> None:
        """Take in what was printed since."""
        with suppress(BlockingIOError):
            self._output.add(os.read(self._printed, 2 * _KEPT_OUTPUT))

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._connection.fileno() >= 0

    def kill(self) -> None:
        """End the child and whatever it started in its group."""
        if not self.alive:
            return
        with suppress(ProcessLookupError, PermissionError):  # all of them have ended
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self.drain()
        self._connection.close()
        os.close(self._printed)

    def _send(self, frame: bytes) -> None:
        rest = memoryview(frame)
        while rest:
            try:
                rest = rest[self._connection.send(rest) :]
            except BlockingIOError:
                self._await(POLLIN | POLLOUT)

    def _receive(self) -> bytes:
        self._await(POLLIN)
        return self._connection.recv(_PART)

    def _await(self, event: int) -> None:
        """Return once the connection is ready; read what is printed until then."""
        self._poll.modify(self._connection, event)
        while (left := self._deadline - monotonic()) > 0:
            ready = dict(self._poll.poll(min(left, _LOOK_AFTER) * 1000))
            if printed := ready.pop(self._printed, 0):
                self._take_in(printed)
            if ready:
                return
            if not printed and self._child.poll() is not None:
                raise EOFError
        raise TimeoutError

    def _take_in(self, event: int) -> None:
        more = os.read(self._printed, _KEPT_OUTPUT) if event & POLLIN else b""
        self._output.add(more)
        if not more:
            self._poll.unregister(self._printed)  # nobody can print any more

    def _reason(self, error: BaseException, timeout: float, when: str) -> str:
        """Return in words why there is no answer; `""` if that is not the child's doing."""
        if isinstance(error, TimeoutError):
            return f"no answer {when} within {timeout:g} s"
        if isinstance(error, Nonsense):
            return f"the process wrote to the connection of the checker {when}"
        if not isinstance(error, (EOFError, ConnectionError)):
            return ""
        try:
            status = self._child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return f"the process closed the connection of the checker {when}"
        how = f"exit status {status}" if status >= 0 else signal.strsignal(-status)
        return f"the process ended {when} ({how})"
