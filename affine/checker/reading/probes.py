"""Probes: integers, all different, at sizes all different; and calls of somebody's code on them."""

import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from affine.checker.reading.places import is_array
from affine.layer import Array

__all__ = ["HIDING", "ONE", "PROBE", "Arrays", "Probe", "equal", "probe", "same", "silently"]


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
        return None, f"{type(error).__name__}{': ' * bool(text)}{text}"


def equal(result: Any, expected: Array) -> bool:
    """Whether a result is an array with exactly these entries, in this shape."""
    return (
        is_array(result) and np.shape(result) == expected.shape and np.array_equal(result, expected)
    )


def same(one: Any, other: Any) -> bool:
    """Whether two arrays of any library are equal."""
    return bool(np.array_equal(np.asarray(one), np.asarray(other)))
