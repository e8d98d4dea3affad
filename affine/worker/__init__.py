"""A child process that loads the target and runs it; the parent judges.

What the target does to its process, the parent does not see: it gets the bytes of results.
This is no sandbox: a target that reads files or opens sockets can.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any

from affine.adapters import TargetError
from affine.layer import Array, Layer, LayerGone, Pullback
from affine.worker.errors import TargetRaised
from affine.worker.process import Ended, Output, Process
from affine.worker.results import LIKE_VJP
from affine.worker.session import Session

__all__ = ["TargetRaised", "Worker"]

_GUARD = 'put what should not run at import under `if __name__ == "__main__":`'


class Worker:
    """Runs a target in a child process, and starts a new one when it ends in a call.

    Args:
        target: As for `affine.adapters.load`.
        timeout: Seconds that one call may take.
        load_timeout: Seconds that loading may take.

    Attributes:
        layer: The target as a `Layer`, whose functions are calls into the child.
        restarts: How many processes were started after the first.

    Raises:
        TargetError: The target cannot be judged.

    Examples:
        >>> import numpy as np
        >>> with Worker("affine") as worker:
        ...     worker.layer.forward(np.eye(1), np.eye(1), np.ones(1))
        array([[2.]])
    """

    layer: Layer

    def __init__(self, target: str, timeout: float = 10.0, load_timeout: float = 60.0) -> None:
        self.restarts = 0
        self._target, self._timeout, self._load_timeout = target, timeout, load_timeout
        self._output = Output()
        self._process: Process | None = None
        self._session: Session | None = None

    def __enter__(self) -> "Worker":
        self.layer = self._layer(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()

    @property
    def output(self) -> str:
        """The last 64 KiB that the target printed."""
        if self._process is not None and self._process.alive:
            self._process.drain()
        return self._output.tail.decode(errors="replace")

    # ------------------------------------------------------------------ the layer

    def _layer(self, told: Mapping[str, Any]) -> Layer:
        has: dict[str, Any] = {name: partial(self._call, name) for name in told["functions"]}
        has |= {name: _Vjp(self._call, name) for name in LIKE_VJP if name in has}
        return Layer(
            str(told["name"]),
            vjp=has["vjp"],
            jvp=self._jvp if "jvp" in has else None,
            per_sample_gradients=has.get("per_sample_gradients"),
            flattening=has.get("flattening"),
            reused=has.get("reused"),
            followed=has.get("followed"),
            updated=has.get("updated"),
            stacked=has.get("stacked"),
            compiled=has.get("compiled"),
            vmapped=has.get("vmapped"),
            form=str(told["form"]),
            usage=str(told["usage"]),
            not_observable=dict(told["not_observable"]),
            compiles_per_shape=bool(told["compiles_per_shape"]),
            state=self._state,
        )

    def _jvp(self, *arguments: Array) -> Array:
        (out_dot,) = self._running().call("jvp", arguments)
        return out_dot  # type: ignore[no-any-return]

    def _call(self, name: str, *arguments: Array) -> tuple[Any, ...]:
        return self._running().call(name, arguments)

    def _state(self) -> Mapping[str, object]:
        return self._running().state()

    # ------------------------------------------------------------------ the process

    def _running(self) -> Session:
        """Return the session; a new one, if the process of the last one has ended."""
        if self._session is None or not self._session.alive:
            self.restarts += 1
            try:
                self._start()
            except TargetError as error:
                raise LayerGone(f"the process could not be started again: {error}") from error
        assert self._session is not None
        return self._session

    def _start(self) -> dict[str, Any]:
        """Start a process, let it load the target, and return what it says of the layer."""
        self._process = Process(self._target, self._output)
        try:
            told, _ = self._process.answer(b"", self._load_timeout, "while it was loaded")
        except Ended as reason:
            raise TargetError(f"{self._target} does not load: {reason}; {_GUARD}") from None
        if "refused" in told:
            self._process.kill()
            raise TargetError(told["refused"])
        self._session = Session(self._process, self._timeout)
        return told


class _Vjp:
    """A vjp of the child; `results` asks for the forward and the backward pass at once."""

    def __init__(self, call: Callable[..., tuple[Any, ...]], name: str) -> None:
        self._call, self._name = call, name

    def __call__(self, x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = self._call(self._name, x, w, b)
        return out, pullback

    def results(
        self, x: Array, w: Array, b: Array, dout: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Return (out, dx, dw, db): one message there and back instead of two."""
        out, dx, dw, db = self._call(f"{self._name}, results", x, w, b, dout)
        return out, dx, dw, db
