"""What somebody's code is called with, and such calls.

Probes are integers, all different, at sizes all different. Stand-ins are for arguments that are no
arrays, such as a context that a forward pass fills.
"""

import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from affine.checker.reading.places import is_array
from affine.checker.reading.vocabulary import flag, role
from affine.layer import Array

__all__ = [
    "HIDING", "ONE", "PROBE", "STAND_INS", "Arrays", "BothParameters", "Context", "Descent",
    "Probe", "call_pullback", "equal", "probe", "same", "silently",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Probe:
    """Operands, and what the affine layer gives for them."""

    x: Array
    w: Array
    b: Array
    dout: Array

    @property
    def right(self) -> Mapping[str, Array]:
        """The results of the affine layer, by the names of roles."""
        x, w, b, dout = self.x, self.w, self.b, self.dout
        return {"out": x @ w + b, "x": dout @ w.T, "w": x.T @ dout, "b": dout.sum(axis=0)}


def probe(n: int, d: int, m: int) -> Probe:
    """Return a probe of N data points, D features and M outputs."""
    sizes = {"x": (n, d), "w": (d, m), "b": (m,), "dout": (n, m)}
    arrays, start = {}, 1
    for name, shape in sizes.items():
        count = int(np.prod(shape))
        values = np.arange(start, start + count, dtype=np.float64)
        values[1::2] *= -1
        arrays[name] = values.reshape(shape)
        start += count
    return Probe(**arrays)


# Sizes that hide a transpose, a sum over the data points that is left out, or both.
ONE = probe(1, 3, 2)
HIDING = probe(2, 2, 2), ONE, probe(1, 1, 1)
# N is a power of two: an average over N is exact.
PROBE = probe(4, 3, 2)


def _of_numpy(result: Any) -> Any:
    """Return a result that is an array of NumPy; another library's is none."""
    return result if isinstance(result, (np.ndarray, np.generic)) else None


@dataclass(frozen=True, slots=True)
class Arrays:
    """Between arrays of NumPy and those that the layer takes."""

    inward: Callable[[Array], Any] = np.array
    outward: Callable[[Any], Any] = _of_numpy
    dtype: str = "float64"
    context: Callable[[], AbstractContextManager[Any]] = nullcontext

    def given(self, probe: Probe) -> tuple[Any, Any, Any, Any]:
        """Return fresh operands."""
        arrays = (getattr(probe, name).astype(self.dtype) for name in ("x", "w", "b", "dout"))
        x, w, b, dout = map(self.inward, arrays)
        return x, w, b, dout


def silently(function: Callable[[], Any]) -> tuple[Any, str]:
    """Return what the user's code returns, or what it raises in words."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return function(), ""
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        problem = Problem(f"{type(error).__name__}{': ' * bool(text)}{text}")
        problem.may_be_of_machine = _may_be_of_machine(error)
        return None, problem


class Problem(str):
    """What somebody's code raised, in words, and whether the machine may be why."""

    __slots__ = ("may_be_of_machine",)
    may_be_of_machine: bool


def _may_be_of_machine(error: BaseException) -> bool:
    """Whether a file, a module or a device may be missing: no fault of the code that needs it."""
    if isinstance(error, (ImportError, OSError)):
        return True
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    parts = set(Path(trace.tb_frame.f_code.co_filename).parts if trace else ())
    # Libraries raise these, in code of their own, where they find no device, driver or compiler.
    is_of_library = bool(parts & {"site-packages", "dist-packages"}) and "numpy" not in parts
    return is_of_library and type(error) in (RuntimeError, AssertionError)


def equal(result: Any, expected: Array) -> bool:
    """Whether a result is an array with exactly these entries, in this shape."""
    is_so_shaped = is_array(result) and np.shape(result) == expected.shape
    return is_so_shaped and np.array_equal(result, expected)


def same(one: Any, other: Any) -> bool:
    """Whether two arrays of any library are equal."""
    return bool(np.array_equal(np.asarray(one), np.asarray(other)))


# ------------------------------------------------------------------ stand-ins


def call_pullback(_cache: Any, dout: Any) -> Any:
    """Call what a forward pass returned beside out, where that is the backward pass."""
    return _cache(dout)


class Context(dict[str, Any]):
    """What a forward pass fills for the backward pass: by attributes, by keys, or as torch's."""

    needs_input_grad = (True, True, True)

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(f"nothing was saved as {name}")
        return self[name]

    __setattr__ = dict.__setitem__

    def save_for_backward(self, *arrays: Any) -> None:
        """Keep arrays as `saved_tensors`."""
        self["saved_tensors"] = arrays


class BothParameters(tuple[Any, Any]):
    """W and b: to unpack, or by their names as keys or attributes."""

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        if role(key) not in ("w", "b"):
            raise KeyError(key)
        return self["wb".index(role(key))]

    def __getattr__(self, name: str) -> Any:
        if role(name) not in ("w", "b"):
            raise AttributeError(f"no parameter {name}")
        return self[name]


class Zeros:
    """An initialiser of weights: a function of the sizes, or of one shape."""

    def __call__(self, *shape: Any, **_: Any) -> Any:
        return np.zeros(shape[0] if len(shape) == 1 else shape)

    def __repr__(self) -> str:
        return "zeros"


class Draws(np.random.Generator):
    """What a class draws its first weights from."""

    def __repr__(self) -> str:
        return "np.random.default_rng(0)"


class Descent:
    """An optimiser: plain gradient descent, whatever its method is called.

    That is given one parameter and its gradient, or several and theirs; it changes them in place,
    and returns them.
    """

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.rate if flag(name).is_step else self

    def __call__(self, *given: Any) -> Any:
        """Take a step."""
        each = [
            part for one in given for part in (one if isinstance(one, (list, tuple)) else [one])
        ]
        half, odd = divmod(len(each), 2)
        if odd or not half:
            raise TypeError("an optimiser is given parameters and as many gradients")
        for parameter, gradient in zip(each[:half], each[half:], strict=True):
            parameter -= self.rate * gradient
        return each[0] if half == 1 else tuple(each[:half])

    def __repr__(self) -> str:
        return f"SGD(lr={self.rate:g})"


STAND_INS = {"<zeros>": Zeros(), "<draws>": Draws(np.random.PCG64(0)), "<descent>": Descent()}
"""The objects that flags name."""
