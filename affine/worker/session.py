"""The calls into one child process: which object here is which object there."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from math import prod
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from affine.layer import LayerGone
from affine.worker.errors import raised, warn_again
from affine.worker.memory import LARGEST_ARRAY, Array, Lying, Memory, plain, split
from affine.worker.process import Ended, Process
from affine.worker.results import Huge, checked, no_array
from affine.worker.wire import pack

__all__ = ["RemotePullback", "Session"]

_WHEN = "in this call"
_NONSENSE = f"the process wrote to the connection of the checker {_WHEN}"


class _Known(NamedTuple):
    """An object here that has a number there."""

    thing: Callable[[], Any]
    number: int
    look: tuple[object, ...]


class RemotePullback:
    """A pullback that lives in the child; it ends there when it ends here."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def __call__(self, dout: Array) -> tuple[Array, Array, Array]:
        """Return (dx, dw, db) of the forward pass that it belongs to."""
        dx, dw, db = self._session.call("pullback", (dout,), on=self)
        return dx, dw, db


class Session:
    """One child process with a loaded target, and the objects that both sides know.

    Args:
        process: The child, which has said that the target is loaded.
        timeout: Seconds that a call may take.
    """

    def __init__(self, process: Process, timeout: float) -> None:
        self.alive = True
        self._process, self._timeout = process, timeout
        self._memory = Memory(1, weak=True)
        self._known: dict[int, _Known] = {}
        self._announced: list[tuple[Any, ...]] = []
        self._dropped: list[int] = []
        self._numbers, self._calls = count(1), count(1)
        # As long as the caller leaves these as they are, the child keeps its own.
        self._errors = np.geterr()

    def call(
        self, do: str, arguments: Sequence[Any], on: RemotePullback | None = None
    ) -> tuple[Any, ...]:
        """Call a function of the child's layer; return its results, and last its pullback.

        Raises:
            LayerGone: The process ended or hung in this call, or before.
            TargetRaised: The target raised.
            Violation: It returned too many or too few results, or one that is too large.
        """
        answer, results = self._exchange(do, arguments, on)
        warn_again(answer["warnings"])
        if "raised" in answer:
            raise raised(answer["raised"])
        return checked(do, results)

    def state(self) -> Mapping[str, object]:
        """Return what the child says of the state that a layer should leave as it found it."""
        answer, _ = self._exchange("state", (), None)
        return dict(answer["state"])

    def _exchange(
        self, do: str, arguments: Sequence[Any], on: RemotePullback | None
    ) -> tuple[dict[str, Any], Any]:
        if not self.alive:
            raise LayerGone("the process of this forward pass has ended")
        told, scalars = self._told(arguments)
        header = {
            "call": next(self._calls),
            "do": do,
            "on": None if on is None else self._known[id(on)].number,
            "arguments": told,
            "errors": None if (errors := np.geterr()) == self._errors else errors,
        }
        # Until the answer is taken in, nothing ends that it may refer to.
        held = self._memory.held(), scalars
        try:
            answer, body = self._process.answer(self._frame(header), self._timeout, _WHEN)
            return answer, self._taken(header["call"], answer, body)
        except Ended as reason:
            raise LayerGone(str(reason)) from None
        finally:
            del held
            self.alive = self._process.alive

    # ------------------------------------------------------------------ to the child

    def _told(self, arguments: Sequence[Any]) -> tuple[list[Any], list[Array]]:
        """Return the arguments by number or by value, and the arrays that stand for scalars."""
        told: list[Any] = []
        scalars = []
        for argument in arguments:
            if isinstance(argument, np.generic):
                scalars.append(np.asarray(argument))
                told.append(("scalar", self._number(scalars[-1])))
            elif isinstance(argument, np.ndarray) or id(argument) in self._known:
                told.append(self._number(argument))
            else:
                pack({"value": argument})  # raises before anything is on its way
                told.append(("value", argument))
        return told, scalars

    def _number(self, thing: Any) -> int:
        """Return the number of an object; an array that is new to the child is announced."""
        known = self._known.get(id(thing))
        if known is not None and known.thing() is thing:
            if known.look == _look(thing):
                return known.number
            self._dropped.append(known.number)  # its shape or flags changed: another array there
        if thing.dtype.hasobject:
            raise TypeError("an array of objects cannot travel to the layer")
        number = next(self._numbers)
        self._announced.append((number, *self._memory.place(plain(thing))))
        self._know(thing, number)
        return number

    def _know(self, thing: Any, number: int) -> None:
        key = id(thing)

        def forget(_: object) -> None:
            self._dropped.append(number)
            if self._known[key].number == number:
                del self._known[key]

        self._known[key] = _Known(ref(thing, forget), number, _look(thing))

    def _frame(self, header: dict[str, Any]) -> bytes:
        news = self._memory.news()
        header["news"] = [(number, len(raw)) for number, raw in news]
        header["arrays"], self._announced = self._announced, []
        header["dropped"], self._dropped = self._dropped, []
        header["ended"], self._memory.ended = self._memory.ended, []
        return pack(header, [raw for _, raw in news])

    # ------------------------------------------------------------------ from the child

    def _taken(self, call: object, answer: dict[str, Any], body: bytes) -> Any:
        """Take in what changed there, and return the results."""
        try:
            if answer["call"] != call:
                raise ValueError("an answer to another call")
            made = self._memory.update(split(answer["news"], body))
            results = answer.get("results")
            if isinstance(results, list):
                results = [self._result(*entry) for entry in results]
            if "pullback" in answer:
                pullback = RemotePullback(self)
                self._know(pullback, answer["pullback"])
                results = (results, pullback)
            del made  # from here on the results hold what they lie in
        except Exception as reason:
            self._process.kill()
            raise Ended(_NONSENSE) from reason
        return results

    def _result(self, kind: str, number: int, *told: Any) -> Any:
        if kind == "value" and isinstance(told[0], (float, int, type(None))):
            return told[0]
        if kind in ("huge", "scalar"):
            self._dropped.append(number)
            return Huge(tuple(told[0])) if kind == "huge" else self._array(Lying(*told))[()]
        result: Any
        if kind == "array":
            result = self._array(Lying(*told))
        elif kind == "objects":
            result = np.full(told[0], None, dtype=object)
        else:
            result = no_array(str(told[0]))
        self._know(result, number)
        return result

    def _array(self, lying: Lying) -> Array:
        # The child says so: nothing of it may lead outside the bytes that it sent.
        dtype = np.dtype(lying.dtype)
        if dtype.hasobject or prod(lying.shape) * dtype.itemsize > LARGEST_ARRAY:
            raise ValueError(f"no result has dtype {dtype} and shape {lying.shape}")
        return self._memory.array(lying)


def _look(thing: Any) -> tuple[object, ...]:
    """Return what an array looks like; at the same address it may change."""
    if not isinstance(thing, np.ndarray):
        return ()
    return thing.shape, thing.strides, thing.dtype, thing.flags.writeable
