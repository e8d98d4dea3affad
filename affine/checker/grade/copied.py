"""A target in a copy of this process, in place of a new one."""

import subprocess
from typing import cast

from affine.checker.clock import Clock
from affine.checker.grade.fork import Fork, forget_modules
from affine.checker.process.child import Child
from affine.checker.process.server import main
from affine.checker.process.worker import Worker


class CopiedWorker(Worker):
    """Runs a target first in a copy of this process that holds no modules but those in `known`.

    A process that takes its place, where it ends in a call, is a new one.
    """

    def __init__(self, target: str, timeout: float, clock: Clock, known: frozenset[str]) -> None:
        self._known: frozenset[str] | None = known
        super().__init__(target, timeout, clock)

    def _start(self) -> Child:
        known, self._known = self._known, None
        if known is None:
            return super()._start()

        def serve() -> None:
            forget_modules(known)
            main(self._target, self._handle, self._by_names)

        copy = cast("subprocess.Popen[bytes]", Fork(serve, [int(self._handle)]))
        return Child("", (), self._printed, copy)
