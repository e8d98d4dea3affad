"""A target that runs in a child process, as a `Layer`."""

import os
import sys
from functools import cached_property, partial
from time import perf_counter
from typing import Any

from affine.checker.clock import Clock
from affine.checker.exceptions import TargetError
from affine.checker.memory import create_block
from affine.checker.process.child import FORGED, Child, ProcessExited
from affine.checker.process.connection import Connection
from affine.layer import LIKE_VJP, Layer, WorkerDied

__all__ = ["Worker"]

_ABOUT = {"variants", "texts", "not_applicable", "compiles_per_shape", "uses_reference"}
_GUARD = 'put what should not run at import under `if __name__ == "__main__":`'


class Worker:
    """Runs a target in a child process, and starts another one when it ends in a call.

    The process starts at once; `layer` waits until it has loaded the target.

    Args:
        target: As for `affine.checker.reading.load`.
        timeout: Seconds that one call may take.
        load_timeout: Seconds that loading may take.
        clock: When the whole check has to end.

    Attributes:
        connection: The calls into the child.
        output: The end of what the target printed.
        restarts: How many processes were started after the first.

    Raises:
        TargetError: The target cannot be judged.

    Examples:
        >>> import numpy as np
        >>> with Worker("affine") as worker:
        ...     worker.layer.forward(np.eye(1), np.eye(1), np.ones(1))
        array([[2.]])
    """

    def __init__(
        self,
        target: str,
        timeout: float = 10.0,
        load_timeout: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        self.restarts, self.output = 0, ""
        self._target, self._load_timeout, self._clock = target, load_timeout, clock or Clock()
        self._block, self._handle = create_block()
        self._child = self._start()
        self.connection = Connection(self._block, self._running, timeout, self._clock)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end()  # the block ends with the last array that lies in it
        handle, self._handle = self._handle, ""
        if isinstance(handle, int):
            os.close(handle)

    @cached_property
    def layer(self) -> Layer:
        """The target as a `Layer`, whose functions are calls into the child."""
        about, calls = self._load(), self.connection
        variants = {
            name: partial(calls.vjp if name in LIKE_VJP else calls.call, name)
            for name in about["variants"]
        }
        return Layer(
            vjp=partial(calls.vjp, "vjp"), variants=variants,
            batch=calls.results_of, memory=calls, is_private=True, watched=calls.state_changes,
            not_applicable=about["not_applicable"], compiles_per_shape=about["compiles_per_shape"],
            **about["texts"],
        )  # fmt: skip

    def _start(self) -> Child:
        inherits = [self._handle] if isinstance(self._handle, int) else []
        program = (
            f"import sys; sys.path[:] = {sys.path!a}; "
            "from affine.checker.process.server import main; "
            f"main({self._target!a}, {self._handle!a})"
        )
        return Child(program, inherits, self._keep)

    def _keep(self, printed: bytes) -> None:
        self.output = (self.output + printed.decode(errors="replace"))[-(2**16) :]

    def _running(self) -> Child:
        """Return the child; a new one that has loaded the target, if it has ended."""
        if not self._child.alive:
            self.restarts += 1
            self._child = self._start()
            try:
                self._load()
            except TargetError as error:
                raise WorkerDied(f"the process could not be started again: {error}") from error
        return self._child

    def _load(self) -> dict[str, Any]:
        """Wait until the target is loaded, and return what the process says of the layer."""
        limit = max(min(self._load_timeout, self._clock.last - perf_counter()), 0)
        try:
            about = self._child.answer(limit, "while it was loaded")
            reason = f"{FORGED} while it was loaded"
        except (TimeoutError, ProcessExited) as error:
            reason = str(error) or f"no answer while it was loaded within {limit:.3g} s"
            about = {}
        if about.keys() == _ABOUT:
            self.connection.uses_reference |= about["uses_reference"]
            return about
        self._child.end()
        refused = f"{self._target} does not load: {reason}; {_GUARD}"
        raise TargetError(str(about.get("refused", refused)))
