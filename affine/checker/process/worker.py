"""A target that runs in a child process, as a `Layer`, and the calls into that process."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import count
from time import perf_counter
from typing import Any

import numpy as np

from affine.checker.clock import MORE_TIME, Clock
from affine.checker.exceptions import TargetError, rebuild_exception, warn_again
from affine.checker.memory import Arena, array_at, create_block
from affine.checker.process import ABOUT, FOUND, LARGEST_RESULT, RESULTS
from affine.checker.process.child import FORGED, Child
from affine.checker.result_counts import named
from affine.layer import VJP_VARIANTS, Array, Call, Layer, OutOfTime, Pullback, Results, WorkerDied
from affine.memory import Memory
from affine.oracle import NotAnArray

_GUARD = 'put what should not run at import under `if __name__ == "__main__":`'
_IMPORTABLE = "make sure that Python can import it"
_RETURNS = "make sure that building it and both passes return, for arrays of a few entries"
# Requests that are sent before the first answer is read: few enough for any pipe, and for what
# the results may take of the block, and no more than are answered in a moment.
_MOST_AT_ONCE, _MOST_BYTES, _MOMENT = 24, 2**22, 0.05
_to_json = json.JSONEncoder(separators=(",", ":")).encode


class Worker(Memory):
    """Runs a target in a child process, and starts another one when it ends in a call.

    The process starts at once; `layer` waits until it has loaded the target, and raises
    `TargetError` if that cannot be judged. A call may take `timeout` seconds.

    Examples:
        >>> with Worker("affine") as worker:
        ...     worker.layer.form
        'forward(x, w, b) and backward(dout, x, w)'
    """

    def __init__(
        self, target: str, timeout: float = 10.0, clock: Clock | None = None, by_names: bool = False
    ) -> None:
        self.restarts = 0
        self._printed = bytearray()
        self._target, self._timeout, self._clock = target, timeout, clock or Clock()
        self._by_names = by_names
        self._numbers = count(1)  # of calls, and of what is lent; the child's count down
        self._seconds = _MOMENT  # that a call takes; the first ones are sent one by one
        self._lent: dict[int, tuple[Any, ...]] = {}
        self._held: dict[int, tuple[Array, int]] = {}
        self._block, self._handle = create_block()
        self._arena, self._is_over = Arena(self._block, 0, RESULTS), False
        self._child = self._start()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end()  # the block ends with the last array that lies in it
        if isinstance(self._handle, int):
            os.close(self._handle)
        self._handle = ""

    @property
    def output(self) -> str:
        """The end of what the target printed."""
        return self._printed.decode(errors="replace")

    @cached_property
    def layer(self) -> Layer:
        """The target as a `Layer`, whose functions are calls into the child."""
        about = self._load()
        about["variants"] = {
            name: partial(self._vjp if name in VJP_VARIANTS else self._call, name)
            for name in about["variants"]
        }
        return Layer(
            vjp=partial(self._vjp, "vjp"), batch=self.results_of, memory=self,
            own_state_changes=self._state_changes, copies_arguments=True, **about,
        )  # fmt: skip

    def _start(self) -> Child:
        inherits = [self._handle] if isinstance(self._handle, int) else []
        program = f"import sys; sys.path[:] = {sys.path!a}; "
        program += "from affine.checker.process.server import main; "
        program += f"main({self._target!a}, {self._handle!a}, {self._by_names!a})"
        return Child(program, inherits, self._printed)

    def _load(self) -> dict[str, Any]:
        """Wait until the target is loaded, and return what the process says of the layer."""
        is_found, when = False, "while it was loaded"
        try:
            # A framework takes seconds to import, however short the calls are.
            about = self._reply(max(20, 6 * self._timeout), when)
            if is_found := about == FOUND:
                when = "while it was read"
                about = self._reply(2 * self._timeout, when)
        except WorkerDied as error:
            about = {"died": str(error)}
        except OutOfTime as error:
            about = {"refused": f"{error}, before {self._target} was judged; {MORE_TIME}"}
        if about.keys() == {"variants", *ABOUT}:
            return about
        self._child.end()
        if "refused" in about:
            raise TargetError(str(about["refused"]))
        if is_found and not self._by_names:
            # A call raised, or ended or hung the process. Its names may be enough to judge that.
            self._by_names = True
            self._child = self._start()
            return self._load()
        reason = about.get("died") or about.get("failed", f"{FORGED} {when}")
        if is_found:
            raise TargetError(f"{self._target} was not judged: {reason}; {_RETURNS}")
        remedy = _IMPORTABLE if "failed" in about else _GUARD
        raise TargetError(f"{self._target} does not load: {reason}; {remedy}")

    def _reply(self, limit: float, when: str) -> dict[str, Any]:
        """Return the next message of the child; it raises where none comes in time."""
        left = self._clock.left
        try:
            return self._child.answer(min(limit, left), when)
        except TimeoutError:
            if left < limit:
                raise OutOfTime(f"the budget ran out {when}") from None
            self._clock.hangs += 1
            raise WorkerDied(f"no answer {when} within {limit:.3g} s") from None

    def _vjp(self, do: str, x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        """Return out and the pullback of a function like vjp."""
        answer = self._ask(do, map(self._place, (x, w, b)))
        out, child = named(do, answer["results"])["out"], self._child

        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            if not child.alive:
                raise WorkerDied("the process of this forward pass has ended")
            given = (answer["pullback"],), self._place(dout)
            dx, dw, db = named("pullback", self._ask("pullback", given)["results"]).values()
            return dx, dw, db

        return out, pullback

    def _call(self, do: str, *arguments: Array) -> Any:
        """Call a function of the child's layer, and return its results, or the one of jvp."""
        answer = self._ask(do, map(self._place, arguments))
        results = tuple(named(do, answer["results"]).values())
        return results[0] if do == "jvp" else results

    def _state_changes(self, *call: Array) -> Any:
        return self._ask("state_changes", map(self._place, call))["told"]

    def results_of(self, calls: Sequence[Call]) -> Iterator[Results]:
        """Yield the results of each call of vjp, and of its pullback where a dout is given."""
        waiting = list(calls)
        while waiting:
            most = max(min(int(_MOMENT / self._seconds), _MOST_AT_ONCE), 1)
            requests, start = list[dict[str, Any]](), self._arena.free
            while waiting and len(requests) < most and self._arena.free - start < _MOST_BYTES:
                requests.append({"do": "vjp", "arguments": [*map(self._place, waiting.pop(0))]})
            for answer in self._exchange(requests):
                results = named("vjp", answer["results"])
                if "gradients" in answer:
                    results |= named("pullback", answer["gradients"])
                yield results

    def _ask(self, do: str, places: Iterable[Any]) -> dict[str, Any]:
        (answer,) = self._exchange([{"do": do, "arguments": [*places]}])
        return answer

    def _exchange(self, requests: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Send requests together; yield their answers, raise where a call did or none comes."""
        self._clock.raise_if_expired()
        if not self._child.alive:
            self.restarts += 1
            self._child = self._start()
            try:
                self._load()
            except TargetError as error:
                raise WorkerDied(f"the process could not be started again: {error}") from error
        for request in requests:
            request["call"] = next(self._numbers)
        requests[0]["forget"], self._is_over = self._is_over, False
        start, answers = perf_counter(), []
        self._child.send(f"{_to_json(requests)}\n".encode("ascii"))
        for request in requests:
            try:
                answers.append(self._answer(**request))
            except (WorkerDied, OutOfTime) as error:
                answers.append({"warnings": (), "error": error})
                self._child.end()
                self._held.clear()
                break
        self._seconds = max((perf_counter() - start) / len(requests), self._seconds / 2)
        for answer in answers:
            warn_again(answer["warnings"])
            if answer["error"]:
                raise answer["error"]
            yield answer

    def _answer(self, call: int, do: str, **_: Any) -> dict[str, Any]:
        # To compile takes long on a busy machine, which says nothing about the layer.
        answer = self._reply(self._timeout * (6 if do == "compiled" else 1), "in this call")
        try:
            # Copied now: the answers to the next requests may lie in the same place.
            for part in ("results", "gradients"):
                if isinstance(answer.get(part), list):
                    answer[part] = [self._result(entry) for entry in answer[part]]
            answer["error"] = "raised" in answer and rebuild_exception(answer["raised"])
            return {call: answer}[answer["call"]]
        except Exception:
            raise WorkerDied(f"{FORGED} in this call") from None

    def _result(self, described: Any) -> Any:
        """Return a private copy of a result; for what is no array, an object of that name."""
        if isinstance(described, str):
            return NotAnArray(described)
        number, *view = described
        # The child says so: nothing of it may lead outside the bytes of the results.
        there = array_at(self._block, *view)
        if there.nbytes > LARGEST_RESULT or view[2] < RESULTS or there.dtype.hasobject:
            raise ValueError(f"no result lies like this: {view}")
        result: Array = there.copy(order="K")
        if not number:  # a scalar
            return result[()]
        self._held[id(result)] = result, number
        return result

    def lend(self, array: Array) -> Array:
        """Return a copy that lies in the block, and is one and the same array in each call."""
        view = self._arena.place(array)
        lent = array_at(self._block, *view)
        self._lent[id(lent)] = lent, next(self._numbers), *view
        return lent

    def _place(self, array: Any) -> Sequence[Any]:
        """Return where an argument lies in the block; one that is not lent is copied there."""
        if known := self._lent.get(id(array)):
            return known[1:]
        if not isinstance(array, np.ndarray | np.generic):
            raise TypeError(f"an argument is {type(array).__name__}: only arrays reach the layer")
        if array.dtype.hasobject:
            raise TypeError("an array of objects cannot travel to the layer")
        return 0, *self._arena.place(np.asarray(array))

    def release(self) -> None:
        """Use the block anew, from its start, and let the child forget what it holds."""
        self._lent.clear()
        self._held.clear()
        self._arena.clear()
        self._is_over = True

    def read(self, result: Array) -> Array:
        """Return what the child's object holds by now."""
        if id(result) not in self._held:
            return super().read(result)
        return self._ask("read", [self._number(result)])["results"][0]  # type: ignore[no-any-return]

    def overwrite(self, results: Sequence[Array]) -> None:
        """Let the child fill its objects with NaN."""
        held = [result for result in results if id(result) in self._held]
        self._ask("overwrite", map(self._number, held))

    def sharing(self, arrays: Sequence[Array]) -> list[tuple[int, int]]:
        """Return which two of these share memory, as the child says."""
        places = [k for k, array in enumerate(arrays) if id(array) in {*self._held, *self._lent}]
        pairs = self._ask("sharing", (self._number(arrays[place]) for place in places))["told"]
        return [(places[i], places[k]) for i, k in pairs]

    def _number(self, array: Array) -> Sequence[Any]:
        """Return by what number the child holds a result, or what is lent."""
        return (self._held.get(id(array)) or self._lent[id(array)])[1:]
