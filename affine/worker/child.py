"""The child process: it loads the target and calls it, and knows nothing of any property."""

import builtins
import ctypes
import os
import random
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import count
from types import ModuleType
from typing import Any

import numpy as np

from affine.adapters import load
from affine.layer import Layer
from affine.worker.errors import message, shown, told, told_warnings, type_name
from affine.worker.memory import LARGEST_ARRAY, Lying, Memory, plain, split
from affine.worker.results import LIKE_VJP
from affine.worker.wire import Nonsense, Stream, pack, read

__all__ = ["main"]

# The target runs beside this code: what it does to the builtins must not reach the answers.
globals()["__builtins__"] = dict(vars(builtins))

_ndarray, _asarray, _errstate = np.ndarray, np.asarray, np.errstate
_VALUES = frozenset({float, int, bool, type(None)})
_SCALARS = frozenset(np.sctypeDict.values()) - {np.object_}
_catch_warnings, _simplefilter = warnings.catch_warnings, warnings.simplefilter
_read, _write, _exit = os.read, os.write, os._exit

_FUNCTIONS = (*LIKE_VJP, "jvp", "per_sample_gradients", "vmapped")
_MOST_RESULTS = 8
_WATCHED_CALLS = 8


def main(connection: int, target: str) -> None:
    """Load the target, then answer calls until the other end closes the connection."""
    _end_with_the_parent()
    os.set_inheritable(connection, False)
    _look_like_a_plain_run(target)
    layer, loaded = _loaded(target)
    _send(connection, loaded)
    if layer is None:
        _exit(0)  # at once: the target may have threads that never end
    child = _Child(layer, target)
    stream = Stream(lambda: _read(connection, 2**16))
    try:
        while True:
            header, body = read(stream.take)
            _send(connection, *child.answer(header, body))
    except (EOFError, Nonsense, OSError):
        _exit(0)


# ------------------------------------------------------------------ before the first call


def _end_with_the_parent() -> None:
    """Let Linux end this process with the parent, also while the target loops."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    send_me_when_the_parent_ends = 1
    if prctl is not None:
        prctl(send_me_when_the_parent_ends, signal.SIGKILL)


def _look_like_a_plain_run(target: str) -> None:
    """Hide this package: a target may behave better where it is watched."""
    _hide_this_package()
    sys.modules["__main__"] = ModuleType("__main__")
    sys.argv[:] = [target]
    for stream in (sys.stdout, sys.stderr):
        # Whole lines, so that what was printed before a crash is not lost.
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]


def _hide_this_package() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "affine"]:
        del sys.modules[name]


def _loaded(target: str) -> tuple[Layer | None, dict[str, Any]]:
    """Return the layer and what the parent has to know of it, or why there is none."""
    try:
        layer = load(target)
    except BaseException as error:
        # By name: the adapters may have been imported once more while the target loaded.
        if type_name(error) == "TargetError":
            return None, {"refused": message(error)}
        reason = shown(told(error, target))
        return None, {
            "refused": f"{target} does not load: {reason}; make sure that Python can import it"
        }
    finally:
        _hide_this_package()
    return layer, {
        "functions": [name for name in _FUNCTIONS if getattr(layer, name) is not None],
        "name": layer.name,
        "form": layer.form,
        "usage": layer.usage,
        "not_observable": dict(layer.not_observable),
        "compiles_per_shape": layer.compiles_per_shape,
    }


# ------------------------------------------------------------------ calls


class _Child:
    """What the parent holds of this process: objects and pieces of memory, by number."""

    def __init__(self, layer: Layer, target: str) -> None:
        self._target = target
        self._functions = {name: getattr(layer, name) for name in _FUNCTIONS}
        for name in LIKE_VJP:
            self._functions[f"{name}, results"] = _all_results(self._functions[name])
        self._memory = Memory(-1, weak=False)
        self._objects: dict[int, Any] = {}
        self._numbers = count(-1, -1)
        self._watch = _Watch(layer.state)

    def answer(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], list[bytes]]:
        """Return the answer to one call: results, and all memory that changed."""
        for number in header["dropped"]:
            self._objects.pop(number, None)
        self._memory.update(split(header["news"], body))
        self._memory.drop(header["ended"])
        for number, *lying in header["arrays"]:
            if number not in header["dropped"]:
                self._objects[number] = self._memory.array(Lying(*lying))
        asked_for_state = header["do"] == "state"
        answer: dict[str, Any] = (
            {"state": self._watch.look()} if asked_for_state else self._called(header)
        )
        news = self._memory.news()
        answer["call"], answer["news"] = header["call"], [(n, len(raw)) for n, raw in news]
        return answer, [raw for _, raw in news]

    def _called(self, header: dict[str, Any]) -> dict[str, Any]:
        """Call the target; whatever it raises is an answer."""
        do, errors = header["do"], header["errors"]
        function = self._objects[header["on"]] if do == "pullback" else self._functions[do]
        arguments = [self._argument(argument) for argument in header["arguments"]]
        answer: dict[str, Any] = {}
        with (
            _catch_warnings(record=True) as caught,
            _errstate(**errors) if errors else nullcontext(),
        ):
            _simplefilter("always")
            try:
                returned = self._watch.call(function, arguments)
                if do in LIKE_VJP:
                    out, pullback = returned
                    answer["pullback"], returned = self._kept(pullback), (out,)
            except BaseException as error:
                answer["raised"] = told(error, self._target)
            else:
                answer["results"] = self._results((returned,) if do == "jvp" else returned)
        answer["warnings"] = told_warnings(caught)
        return answer

    def _argument(self, told: Any) -> Any:
        if isinstance(told, int):
            return self._objects[told]
        kind, value = told
        return self._objects[value][()] if kind == "scalar" else value

    def _results(self, results: Any) -> list[Any] | str:
        """Describe each result; one that is no tuple or list is only named."""
        family = tuple if issubclass(type(results), tuple) else list
        if not issubclass(type(results), family):
            return type_name(results)
        # The entries themselves, whatever a subclass says about them.
        entries = family.__getitem__(results, slice(None))
        return [self._result(entry) for entry in entries[:_MOST_RESULTS]]

    def _result(self, result: Any) -> Sequence[Any]:
        if type(result) in _VALUES:
            return "value", 0, result
        if type(result) in _SCALARS:
            array = _asarray(result)
            return "scalar", self._kept(array), *self._memory.place(array)
        number = self._kept(result)
        if not issubclass(type(result), _ndarray):
            return "other", number, type_name(result)
        array = plain(result)
        if array.nbytes > LARGEST_ARRAY:
            return "huge", number, array.shape
        if array.dtype.hasobject:
            return "objects", number, array.shape
        return "array", number, *self._memory.place(array)

    def _kept(self, thing: Any) -> int:
        number = next(self._numbers)
        self._objects[number] = thing
        return number


def _all_results(vjp: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
    """Return the forward and the backward pass in one call, which is half the way."""

    def results(x: Any, w: Any, b: Any, dout: Any) -> tuple[Any, ...]:
        out, pullback = vjp(x, w, b)
        return out, *pullback(dout)

    return results


class _Watch:
    """Counts the calls that changed what a layer should leave as it found it.

    A seed may be reset to the very state that was there: so the random states move on before
    each call that is watched.
    """

    def __init__(self, state: Callable[[], Any]) -> None:
        self._state = state
        self._changes: dict[str, int] = {}
        self._left = 0

    def look(self) -> dict[str, str]:
        """Return how often each state changed, and watch the next calls."""
        self._left = _WATCHED_CALLS
        return {
            name: f"changed by {self._changes.get(name, 0)} calls" for name in dict(self._state())
        }

    def call(self, function: Callable[..., Any], arguments: list[Any]) -> Any:
        """Call the function, and watch if that was asked for."""
        if not self._left:
            return function(*arguments)
        self._left -= 1
        np.random.random()  # noqa: NPY002 (the global state is meant)
        random.random()
        before = dict(self._state())
        try:
            return function(*arguments)
        finally:
            for name, value in dict(self._state()).items():
                self._changes[name] = self._changes.get(name, 0) + (before.get(name) != value)


# ------------------------------------------------------------------ the connection


def _send(connection: int, header: dict[str, Any], body: Sequence[bytes] = ()) -> None:
    frame = memoryview(pack(header, body))
    while frame:
        frame = frame[_write(connection, frame) :]
