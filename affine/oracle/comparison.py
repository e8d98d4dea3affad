"""The comparison of a layer's result with what it should be, and what is said if they differ."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from affine.layer import Array, Operands
from affine.oracle.exact import exact, index_sum
from affine.oracle.rounding import loose_bounds, surely_within

__all__ = [
    "NoArray", "Violation", "expect", "expect_close", "expect_count", "expect_equal",
    "expect_within",
]  # fmt: skip


class Violation(AssertionError):
    """A property does not hold: what was got, what should have been, and where.

    Attributes:
        quantity: What is wrong, such as `dw`.
        got: The layer's result, if it is one array.
        expected: What it should have been, if that is one array.

    Examples:
        >>> expect_equal("db", np.array([1.0, 5.0]), np.array([1.0, 2.0]))
        Traceback (most recent call last):
        ...
        affine.oracle.comparison.Violation: db[1] = 5.0, but should be 2.0
    """

    def __init__(
        self, message: str, quantity: str = "", got: Any = None, expected: Any = None
    ) -> None:
        super().__init__(message)
        self.quantity = quantity
        self.got = got
        self.expected = expected


class NoArray:
    """Stands for a result that is no array: only what it is, is known."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"a result is {self.what}, but should be a NumPy array")


def expect_count(function: str, got: Any, names: Sequence[str]) -> None:
    """Raise a `Violation` unless a function returned as many results as there are names.

    Args:
        function: What was called, as the message names it.
        got: A list of results; what the function returned instead, in words.
        names: Of the results.

    Examples:
        >>> expect_count("jvp", "NoneType", ["out_dot"])
        Traceback (most recent call last):
        ...
        affine.oracle.comparison.Violation: jvp returned NoneType, but should return 1: out_dot
    """
    if not isinstance(got, list) or len(got) != len(names):
        found = f"{len(got)} results" if isinstance(got, list) else got
        should = f"{len(names)}: {', '.join(names)}"
        raise Violation(f"{function} returned {found}, but should return {should}", names[0])


def expect(condition: bool, message: str, quantity: str = "") -> None:
    """Raise a `Violation` with the message unless the condition holds.

    Examples:
        >>> expect(1 + 1 == 2, "arithmetic broke")
    """
    if not condition:
        raise Violation(message, quantity)


def expect_equal(quantity: str, got: Any, expected: Any, because: str = "") -> None:
    """Raise a `Violation` unless both have one shape and every entry is equal; NaN equals NaN.

    Args:
        quantity: What is compared, as the message names it.
        got: The layer's result.
        expected: Floating-point numbers, or the exact numbers of `index_sum`.
        because: The rule that is broken, if the numbers alone do not say it.

    Examples:
        >>> expect_equal("dw", np.array([[2.0]]), index_sum("nm->nm", np.array([[2.0]])))
    """
    got, expected = _as_array(quantity, got), np.asarray(expected)
    _expect_shape(quantity, got, expected.shape)
    _expect_none(_differs(got, expected), quantity, got, expected, because)


def expect_within(quantity: str, got: Any, expected: Array, bound: Array) -> None:
    """Raise a `Violation` unless each entry is within its bound of the exact value.

    Examples:
        >>> exact = index_sum("nm->nm", np.array([[1.0]]))
        >>> expect_within("out", np.array([[2.0]]), exact, bound=exact * Fraction(1, 4))
        Traceback (most recent call last):
        ...
        affine.oracle.comparison.Violation: out[0, 0] = 2.0, but should be 1 ± 0.25
    """
    got = _as_array(quantity, got)
    _expect_shape(quantity, got, expected.shape)
    finite = np.isfinite(got)
    error = np.abs(index_sum("...->...", np.where(finite, got, 0)) - expected)
    _expect_none(~finite | (error > bound), quantity, got, expected, bound=bound)


def expect_close(quantity: str, got: Any, point: Operands) -> None:
    """Raise a `Violation` unless `out`, `dx`, `dw` or `db` is what a sound algorithm may return.

    On integers a plain sum is exact; whatever is not exact must be within `loose_bounds`.

    Examples:
        >>> one = np.ones((1, 1))
        >>> expect_close("dx", 2 * one, Operands(one, one, np.ones(1), one))
        Traceback (most recent call last):
        ...
        affine.oracle.comparison.Violation: dx[0, 0] = 2.0, but should be 1
    """
    got = _as_array(quantity, got)
    if surely_within(quantity, got, point):
        return
    expected = exact(point, quantity)[quantity]
    _expect_shape(quantity, got, expected.shape)
    if not _differs(got, expected).any():
        return
    limits = loose_bounds(point, quantity)[quantity]
    finite = np.isfinite(got)
    error = abs(index_sum("...->...", np.where(finite, got, 0)) - expected)
    on_integers = expected.dtype != object
    _expect_none(
        ~finite | (error > limits), quantity, got, expected, bound=None if on_integers else limits
    )


def _as_array(quantity: str, got: Any) -> Array:
    if not isinstance(got, np.ndarray):
        kind = got.what if isinstance(got, NoArray) else type(got).__name__
        raise Violation(f"{quantity} is {kind}, but should be a NumPy array", quantity)
    if got.dtype.kind != "f":
        raise Violation(f"{quantity} has dtype {got.dtype}, but should be floating", quantity, got)
    return got


def _differs(got: Array, expected: Array) -> Array:
    if expected.dtype == object:
        return np.asarray(got.astype(object) != expected, dtype=bool)
    return np.asarray((got != expected) & ~(np.isnan(got) & np.isnan(expected)))


def _expect_shape(quantity: str, got: Array, shape: tuple[int, ...]) -> None:
    if got.shape != shape:
        raise Violation(f"{quantity} has shape {got.shape}, but should have {shape}", quantity, got)


def _expect_none(
    wrong: Any, quantity: str, got: Array, expected: Array, because: str = "", bound: Any = None
) -> None:
    wrong = np.asarray(wrong, dtype=bool)
    if not wrong.any():
        return
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"[{', '.join(map(str, index))}]" if index else ""
    limit = "" if bound is None else f" ± {float(bound[index]):.6g}"
    should = expected[index]
    value = float(should) if isinstance(should, Fraction) else should
    count = int(wrong.sum())
    raise Violation(
        f"{quantity}{place} = {got[index]}, but should be {value}{limit}"
        + (f" ({count} of {wrong.size} entries differ)" if count > 1 else "")
        + (f": {because}" if because else ""),
        quantity,
        got,
        expected,
    )
