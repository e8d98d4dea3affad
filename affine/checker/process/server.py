"""The child process: it loads the target and calls it, and knows nothing of any property."""

import _thread
import builtins
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from mmap import mmap
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from affine.checker.exceptions import cut, describe, describe_warning, in_words, message, type_name
from affine.checker.memory import Arena, array_at, open_block
from affine.checker.process import ABOUT, FOUND, LARGEST_RESULT, RESULTS
from affine.checker.reading import load
from affine.layer import VJP_VARIANTS, Layer
from affine.memory import Memory

# The target runs beside this code: what it does to the builtins must not reach the answers.
globals()["__builtins__"] = dict(vars(builtins))

_ndarray, _asarray, _as_plain = np.ndarray, np.asarray, np.ndarray.view
_from_buffer, _uint8 = np.frombuffer, np.uint8
_SCALARS = frozenset(np.sctypeDict.values()) - {np.object_}
_catch_warnings, _simplefilter = warnings.catch_warnings, warnings.simplefilter
_to_json, _from_json = json.JSONEncoder(separators=(",", ":")).encode, json.JSONDecoder().decode
_exit = os._exit
_NOT_ITS_OWN = (
    "the target uses affine, whose reference this check trusts: is it a layer of its own?"
)
_MOST_RESULTS, _MOST_WARNINGS = 8, 20


def main(target: str, handle: int | str, by_names: bool) -> None:
    """Load the target, then answer calls until the other end closes the connection."""
    _thread.start_new_thread(_end_with, (os.getppid(),))
    requests, answers = take_the_connection()
    block = open_block(handle)
    _look_like_a_plain_run(target)
    layer, about = _load(target, lambda: _send(answers, FOUND), by_names)
    try:
        _send(answers, about)
        if layer is not None:
            server = _Server(layer, target, block)
            for line in requests:
                for request in _from_json(line.decode("ascii")):
                    _send(answers, server.answer(request))
    finally:
        _exit(0)  # at once: the target may have threads that never end


def _send(answers: BinaryIO, message: dict[str, Any]) -> None:
    answers.write(_to_json(message).encode("ascii") + b"\n")
    answers.flush()


def _end_with(parent: int) -> None:
    """End this process and its group once the parent has ended, also while the target loops."""
    sleep, parent_of, kill = time.sleep, os.getppid, getattr(os, "killpg", os.kill)
    if sys.platform == "win32":  # where the number of the parent stays
        import psutil

        parent_of = lambda: parent * psutil.pid_exists(parent)  # noqa: E731
    while parent_of() == parent:
        sleep(0.5)
    kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def take_the_connection() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams of requests and answers; leave the target nothing to read, and stderr."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return requests, answers


def _look_like_a_plain_run(target: str) -> None:
    """Hide this package: a target may behave better where it is watched."""
    _hide_this_package()
    sys.modules["__main__"] = ModuleType("__main__")
    sys.modules["__main__"].__file__ = target
    sys.argv[:] = [target]
    os.environ.setdefault("MPLBACKEND", "Agg")  # no window opens, and no call waits for one
    for stream in (sys.stdout, sys.stderr):
        # Whole lines, so that what was printed before a crash is not lost.
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]


def _hide_this_package() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "affine"]:
        del sys.modules[name]


def _load(
    target: str, found: Callable[[], None], by_names: bool
) -> tuple[Layer | None, dict[str, Any]]:
    """Return the layer and what the parent has to know of it, or why there is none."""
    try:
        layer = load(target, found, by_names)
    except BaseException as error:
        # By name: this package may have been imported once more while the target loaded.
        if type_name(error) == "TargetError":
            return None, {"refused": message(error)}
        return None, {"failed": in_words(describe(error, target))}
    finally:
        own = [_NOT_ITS_OWN] * ("affine.reference" in sys.modules)
        _hide_this_package()
    about = {name: _short(getattr(layer, name)) for name in ABOUT}
    about["remarks"] += own
    return layer, about | {"variants": [*layer.variants]}


def _short(data: Any) -> Any:
    """Return what is known of a layer, with its texts cut."""
    if isinstance(data, Mapping):
        return {key: cut(text) for key, text in data.items()}
    if isinstance(data, str):
        return cut(data)
    return data if isinstance(data, bool) else [cut(text) for text in data]


class _Server:
    """Answers requests, and holds by number what the parent may ask for again."""

    def __init__(self, layer: Layer, target: str, block: mmap) -> None:
        self._target, self._block, self._arena = target, block, Arena(block, RESULTS, len(block))
        self._functions: dict[str, Callable[..., Any]] = {
            "vjp": layer.vjp, "pullback": lambda pullback, dout: pullback(dout),
            "read": lambda *held: held, "overwrite": lambda *held: Memory().overwrite(held),
            "sharing": lambda *held: Memory().sharing(held),
            "state_changes": layer.state_changes, **layer.variants,
        }  # fmt: skip
        self._held = dict[int, Any]()
        self._numbers = count(-1, -1)  # the parent's count up

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one request."""
        if "forget" in request:  # the first of some: the parent has its copies of earlier results
            self._arena.clear()
            if request["forget"]:
                self._held.clear()
        answer: dict[str, Any] = {"call": request["call"]}
        with _catch_warnings(record=True) as caught:
            _simplefilter("always")
            try:
                answer |= self._call(**request)
            except BaseException as error:
                answer["raised"] = describe(error, self._target)
        answer["warnings"] = [describe_warning(warning) for warning in caught[:_MOST_WARNINGS]]
        return answer

    def _call(self, do: str, arguments: Any, **_: Any) -> dict[str, Any]:
        """Call a function, and return what it returned."""
        function, given = self._functions[do], [self._argument(*each) for each in arguments]
        if do in ("state_changes", "overwrite", "sharing"):
            return {"told": function(*given)}
        if do not in ("vjp", *VJP_VARIANTS):
            returned = function(*given)
            return {"results": self._results((returned,) if do == "jvp" else returned)}
        out, pullback = function(*given[:3])
        # Copied before the backward pass, which may use the same memory again.
        results = self._results((out,))
        if given[3:]:
            return {"results": results, "gradients": self._results(pullback(*given[3:]))}
        return {"results": results, "pullback": self._hold(pullback)}

    def _argument(self, number: int, *view: Any) -> Any:
        """Return what is held by a number, or an array in the block; one that is lent is held."""
        if number in self._held:
            return self._held[number]
        # Others are kept too, as a caller keeps its arrays: none takes another's place. The base
        # is an array of its own, as that of any other view: libraries ask it for its flags.
        array = array_at(_from_buffer(self._block, _uint8), *view)
        self._held[number or next(self._numbers)] = array
        return array

    def _results(self, results: Any) -> list[Any] | str:
        """Describe each result; one that is no tuple or list is only named."""
        for family in (tuple, list):
            if issubclass(type(results), family):
                # The entries themselves, whatever a subclass says about them.
                entries = family.__getitem__(results, slice(_MOST_RESULTS))
                return [self._result(result) for result in entries]
        return type_name(results)

    def _result(self, result: Any) -> Sequence[Any]:
        """Copy the numbers of a result into the block, and say how; only name what is no array."""
        kind = type(result)
        try:
            if kind in _SCALARS:
                return 0, *self._arena.place(_asarray(result))
            if issubclass(kind, _ndarray):
                array = _as_plain(result, _ndarray)  # whatever its class overrides
                if array.nbytes > LARGEST_RESULT:
                    return f"too large, of shape {array.shape}"
                if array.dtype.kind in "biufc":
                    return self._hold(array), *self._arena.place(array.copy("K"))
                return f"of dtype {array.dtype}"
        except Exception:
            pass  # it is named, as any other thing
        return type_name(result)

    def _hold(self, thing: Any) -> int:
        self._held[number := next(self._numbers)] = thing
        return number
