"""The exact answer by another route, how far rounding may move it, and the comparison.

Every expected value is an index sum over Python integers, so the oracle itself never rounds:
a floating-point number is an integer times a power of two. The subscripts below are the
equations; `matmul` and the reference are never used.
"""

from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

from affine.layer import Array, Operands

__all__ = [
    "Violation",
    "bounds",
    "exact",
    "exact_limit",
    "expect",
    "expect_equal",
    "expect_within",
    "gradients",
    "index_sum",
    "out",
    "pairing",
    "precision",
    "unit_roundoff",
]


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
        affine.oracle.Violation: db[1] = 5.0, but should be 2.0
    """

    def __init__(
        self, message: str, quantity: str = "", got: Any = None, expected: Any = None
    ) -> None:
        super().__init__(message)
        self.quantity = quantity
        self.got = got
        self.expected = expected


# ------------------------------------------------------------------ exact values


def index_sum(subscripts: str, *factors: Array) -> Array:
    """Return an index sum in exact arithmetic, as Python integers or fractions.

    Args:
        subscripts: The sum, as `numpy.einsum` writes it: `"nd,nm->dm"` is [(dw)][eq-dw].
        factors: Finite arrays, one for each group of subscripts.

    Returns:
        An object array of exact numbers.

    Examples:
        >>> index_sum("nd,nm->dm", np.array([[0.5], [3.0]]), np.array([[1.0], [2.0]]))
        array([[Fraction(13, 2)]], dtype=object)
    """
    integers, exponents = zip(*(_integers(factor) for factor in factors), strict=True)
    total = np.asarray(np.einsum(subscripts, *integers), dtype=object)
    exponent = sum(exponents)
    return total if exponent == 0 else np.asarray(total * Fraction(2) ** exponent, dtype=object)


def _integers(array: Array) -> tuple[Array, int]:
    """Return integers k and one exponent e with array = k · 2^e."""
    if float(np.abs(array).max(initial=0)) < 2.0**53 and (array == np.rint(array)).all():
        return array.astype(np.int64).astype(object), 0
    mantissa, exponent = np.frexp(array)
    digits = np.finfo(array.dtype).nmant + 1
    lowest = int(exponent.min())
    shifts = np.left_shift(np.ones_like(exponent, dtype=object), (exponent - lowest).astype(object))
    # Python's int, not int64: a long double has more digits than that holds.
    whole = np.frompyfunc(int, 1, 1)(np.ldexp(mantissa, digits))
    return whole * shifts, lowest - digits


def out(x: Array, w: Array, b: Array) -> Array:
    """Return the exact output, Σ_d X_nd W_dm + b_m, equation [(out-entry)][eq-out-entry].

    Examples:
        >>> out(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
        array([[16]], dtype=object)
    """
    return np.asarray(index_sum("nd,dm->nm", x, w) + index_sum("m->m", b), dtype=object)


def gradients(x: Array, w: Array, dout: Array) -> tuple[Array, Array, Array]:
    """Return the exact (dx, dw, db), equations [(dx)][eq-dx], [(dw)][eq-dw], [(db)][eq-db].

    Examples:
        >>> one = np.ones((1, 1))
        >>> gradients(x=3 * one, w=5 * one, dout=2 * one)[1]
        array([[6]], dtype=object)
    """
    return (
        index_sum("nm,dm->nd", dout, w),
        index_sum("nd,nm->dm", x, dout),
        index_sum("nm->m", dout),
    )


def exact(point: Operands) -> dict[str, Array]:
    """Return the exact out, dx, dw and db, by name.

    Examples:
        >>> one = np.ones((1, 1))
        >>> exact(Operands(2 * one, 3 * one, np.ones(1), 5 * one))["dx"]
        array([[15]], dtype=object)
    """
    x, w, b, dout = point
    dx, dw, db = gradients(x, w, dout)
    return {"out": out(x, w, b), "dx": dx, "dw": dw, "db": db}


def pairing(a: Array, b: Array) -> float:
    """Return ⟨a, b⟩ in float64, which is exact for the integers of the strategies.

    Examples:
        >>> pairing(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
        11.0
    """
    return float(np.sum(np.multiply(a, b, dtype=np.float64)))


# ------------------------------------------------------------------ rounding


def precision(dtype: Any) -> int:
    """Return p, the number of significant bits of a floating dtype.

    Examples:
        >>> [precision(dtype) for dtype in ("f2", "f4", "f8")]
        [11, 24, 53]
    """
    return int(np.finfo(dtype).nmant) + 1


def unit_roundoff(dtype: Any) -> Fraction:
    """Return u = 2^-p, equation [(rounding-bound)][eq-rounding-bound].

    Examples:
        >>> unit_roundoff("f2")
        Fraction(1, 2048)
    """
    return Fraction(1, 2 ** precision(dtype))


def exact_limit(terms: int, dtype: Any) -> int:
    """Return the largest R with K·R² + R < 2^p, equation [(exact-integers)][eq-exact-integers].

    Args:
        terms: K, the contracted length.
        dtype: The dtype whose p counts.

    Examples:
        >>> exact_limit(8, "f2")
        15
    """
    limit = 2 ** precision(dtype)
    largest = isqrt(limit // max(terms, 1))
    while terms * largest**2 + largest >= limit:
        largest -= 1
    return largest


def bounds(point: Operands) -> dict[str, Array]:
    """Return how far rounding may move out, dx, dw and db, in exact arithmetic, by name.

    γ_K · Σ|x_k||y_k|, equation [(rounding-bound)][eq-rounding-bound], in the precision that the
    operands promote to, plus one smallest subnormal for each rounding.

    Examples:
        >>> one = np.ones((1, 1))
        >>> bounds(Operands(one, one, np.ones(1), one))["db"]
        array([0], dtype=object)
    """
    n, d, m = point.sizes
    x, w, b, dout = point
    magnitude = exact(point.map(np.abs))
    return {
        "out": _bound(magnitude["out"], d + 1, np.result_type(x, w, b)),
        "dx": _bound(magnitude["dx"], m, np.result_type(dout, w)),
        "dw": _bound(magnitude["dw"], n, np.result_type(x, dout)),
        "db": _bound(magnitude["db"], max(n - 1, 0), dout.dtype),
    }


def _bound(magnitude: Array, roundings: int, dtype: Any) -> Array:
    u = unit_roundoff(dtype)
    gamma = roundings * u / (1 - roundings * u)
    underflow = roundings * Fraction(float(np.finfo(dtype).smallest_subnormal))
    return np.asarray(magnitude * gamma + underflow if roundings else magnitude * 0, dtype=object)


# ------------------------------------------------------------------ comparison


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
    if expected.dtype == object:
        wrong = got.astype(object) != expected
    else:
        wrong = (got != expected) & ~(np.isnan(got) & np.isnan(expected))
    _expect_none(wrong, quantity, got, expected, because)


def expect_within(quantity: str, got: Any, expected: Array, bound: Array) -> None:
    """Raise a `Violation` unless each entry is within its bound of the exact value.

    Examples:
        >>> exact = index_sum("nm->nm", np.array([[1.0]]))
        >>> expect_within("out", np.array([[2.0]]), exact, bound=exact * Fraction(1, 4))
        Traceback (most recent call last):
        ...
        affine.oracle.Violation: out[0, 0] = 2.0, but should be 1 ± 0.25
    """
    got = _as_array(quantity, got)
    _expect_shape(quantity, got, expected.shape)
    finite = np.isfinite(got)
    error = np.abs(index_sum("...->...", np.where(finite, got, 0)) - expected)
    _expect_none(~finite | (error > bound), quantity, got, expected, bound=bound)


def _as_array(quantity: str, got: Any) -> Array:
    if not isinstance(got, np.ndarray):
        kind = type(got).__name__
        raise Violation(f"{quantity} is {kind}, but should be a NumPy array", quantity)
    if got.dtype.kind != "f":
        raise Violation(f"{quantity} has dtype {got.dtype}, but should be floating", quantity)
    return got


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
