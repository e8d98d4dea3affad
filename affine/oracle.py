"""The exact answer by another route, how far rounding may move it, and the comparison.

A floating-point number is an integer times a power of two, so index sums over Python's integers
round nothing. The subscripts are the equations; `matmul` and the reference are never used.
"""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, isqrt, log2, prod
from typing import Any, NoReturn

import numpy as np

from affine.layer import Array, Operands
from affine.quantities import QUANTITIES

__all__ = [
    "NotAnArray", "Violation", "bounds", "exact", "exact_limit", "expect", "expect_array",
    "expect_equal", "expect_within", "expect_within_rounding", "index_sum", "precision",
    "surely_within",
]  # fmt: skip

# ------------------------------------------------------------------ the exact answer


def index_sum(subscripts: str, *factors: Array) -> Array:
    """Return an index sum in exact arithmetic, as Python integers or fractions.

    Args:
        subscripts: The sum, as `numpy.einsum` writes it: `"nd,nm->dm"` is [(dw)][eq-dw].
        factors: Finite arrays, one for each group of subscripts.

    Returns:
        An array of exact numbers: int64 where every sum stays below 2^52, else Python's
        integers or fractions.

    Examples:
        >>> index_sum("nd,nm->dm", np.array([[0.5], [3.0]]), np.array([[1.0], [2.0]]))
        array([[Fraction(13, 2)]], dtype=object)
    """
    if _fits(factors):
        return np.asarray(np.einsum(subscripts, *(factor.astype(np.int64) for factor in factors)))
    integers, exponents = zip(*(_integers(factor) for factor in factors), strict=True)
    total = np.asarray(np.einsum(subscripts, *integers), dtype=object)
    exponent = sum(exponents)
    return total if exponent == 0 else np.asarray(total * Fraction(2) ** exponent, dtype=object)


def _fits(factors: tuple[Array, ...]) -> bool:
    """Whether the factors are integers, and no sum of their products leaves ±2^52."""
    entries = (max(float(abs(factor).max(initial=0)), 1.0) for factor in factors)
    largest = prod(entries) * max(factor.size for factor in factors)
    # A NaN or an infinity makes the comparison false.
    return largest < 2.0**52 and all((factor == np.rint(factor)).all() for factor in factors)


def _integers(array: Array) -> tuple[Array, int]:
    """Return integers k and one exponent e with array = k · 2^e."""
    mantissa, exponent = np.frexp(array)
    digits = np.finfo(array.dtype).nmant + 1
    lowest = int(exponent.min(initial=0))
    shifts = np.left_shift(np.ones_like(exponent, dtype=object), (exponent - lowest).astype(object))
    # Python's int, not int64: a long double has more digits than that holds.
    whole = np.frompyfunc(int, 1, 1)(np.ldexp(mantissa, digits))
    return whole * shifts, lowest - digits


def exact(primal: Operands, *quantities: str) -> dict[str, Array]:
    """Return the exact out, dx, dw and db by name, or those of them that are asked for.

    Equations [(out-entry)][eq-out-entry], [(dx)][eq-dx], [(dw)][eq-dw], [(db)][eq-db].

    Examples:
        >>> one = np.ones((1, 1))
        >>> exact(Operands(2 * one, 3 * one, np.ones(1), 5 * one), "out", "dx")
        {'out': array([[7]]), 'dx': array([[15]])}
    """
    return {name: _summed(index_sum, primal, name) for name in quantities or QUANTITIES}


def _summed(einsum: Callable[..., Array], primal: Operands, name: str) -> Array:
    """Return one quantity, by an index sum in any arithmetic."""
    factors = [getattr(primal, operand) for operand in QUANTITIES[name].operands]
    if name != "out":
        return einsum(QUANTITIES[name].subscripts, *factors)
    return np.asarray(einsum(QUANTITIES[name].subscripts, *factors[:2]) + einsum("m->m", primal.b))


# ------------------------------------------------------------------ rounding


def precision(dtype: Any) -> int:
    """Return p, the number of significant bits of a floating dtype.

    Examples:
        >>> [precision(dtype) for dtype in ("f2", "f4", "f8")]
        [11, 24, 53]
    """
    return int(np.finfo(dtype).nmant) + 1


def exact_limit(terms: int, dtype: Any) -> int:
    """Return the largest R with K·R² + R < 2^p, equation [(exact-integers)][eq-exact-integers].

    Args:
        terms: K, the contracted length. With 0 the result is smaller than it need be.
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


def bounds(primal: Operands, *quantities: str, extra_roundings: int = 0) -> dict[str, Array]:
    """Return how far rounding may move out, dx, dw and db, in exact arithmetic, by name.

    γ_r · Σ|x_k||y_k|, equation [(rounding-bound)][eq-rounding-bound], in the precision that the
    operands promote to, plus one smallest subnormal for each rounding, which covers underflow.

    Args:
        primal: The operands.
        quantities: Which of the four; all of them if none is named.
        extra_roundings: How many roundings a term may meet beyond those of a plain sum.

    Examples:
        >>> one = np.ones((1, 1))
        >>> float(bounds(Operands(one, one, np.ones(1), one), "db")["db"][0])
        0.0
    """
    limits = {}
    for name, magnitude in exact(primal.map(np.abs), *quantities).items():
        dtype = _promoted(primal, name)
        roundings = QUANTITIES[name].roundings(primal.sizes) + extra_roundings
        gamma = Fraction(roundings, 2 ** precision(dtype) - roundings)  # ru / (1 − ru), u = 2^-p
        underflow = roundings * Fraction(float(np.finfo(dtype).smallest_subnormal))
        limits[name] = np.asarray(magnitude.astype(object) * gamma + underflow)
    return limits


def _promoted(primal: Operands, name: str) -> Any:
    """Return the dtype to which the operands of a quantity promote."""
    return np.result_type(*(getattr(primal, operand) for operand in QUANTITIES[name].operands))


def surely_within(name: str, got: Array, primal: Operands, extra_roundings: int = 0) -> bool | None:
    """Whether a result is within its `bounds`, by long doubles, which is quick.

    They are off by less than a hundredth of the bound, which is kept as a distance. Where they
    cannot tell it is None, and the exact numbers must be looked at.

    Examples:
        >>> third = np.array([[1 / 3]])
        >>> primal = Operands(third, third, third[0], third)
        >>> surely_within("dx", third * third, primal), surely_within("dx", third, primal)
        (True, False)
    """
    dtype, wide = _promoted(primal, name), primal.map(lambda array: array.astype(np.longdouble))
    value, magnitude = (_summed(np.einsum, point, name) for point in (wide, wide.map(np.abs)))
    roundings = QUANTITIES[name].roundings(primal.sizes) + extra_roundings
    cannot_tell = precision(np.longdouble) < 64 or precision(dtype) > 53
    if cannot_tell or got.shape != value.shape or roundings >= 2 ** precision(dtype):
        return None
    underflow = roundings * np.longdouble(np.finfo(dtype).smallest_subnormal)
    bound = roundings / (2.0 ** precision(dtype) - roundings) * magnitude + underflow
    error = abs(got - value)
    if (error <= 0.99 * bound).all():
        return True
    return False if (error > 1.01 * bound).any() else None


def _loose_bound(primal: Operands, name: str) -> Array:
    """Return how far any sound algorithm may be from an exact quantity.

    The bound of the sum, with two roundings to spare for a scale that is taken off again
    (`dout.mean(axis=0) * N`); for products the bound of Strassen's algorithm besides: N. J. Higham,
    Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 23.2.
    """
    loose = bounds(primal, name, extra_roundings=2)[name]
    if name == "db":
        return loose
    side = 1 << (max(*primal.sizes, 1) - 1).bit_length()  # padded to a power of two
    growth = 6 * ceil(side ** log2(12)) - 5 * side
    factors = [getattr(primal, operand) for operand in QUANTITIES[name].operands[:2]]
    largest = prod(Fraction(float(abs(factor).max(initial=0))) for factor in factors)
    return np.asarray(loose + growth * largest / 2 ** precision(np.result_type(*factors)))


# ------------------------------------------------------------------ comparison


class Violation(AssertionError):
    """A property does not hold: what was got, what should have been, and where.

    Attributes:
        quantity: What is wrong, such as `dw`.
        got: The layer's result, if it is one array; a `NotAnArray` if it is something else.
        expected: What it should have been, if that is one array.
        given: What the layer was given, where a property made it of the operands of its case; x
            and dout may have more axes.
        bound: How far each entry may be from the expected one; None where it has to be equal.

    Examples:
        >>> expect_equal("db", np.array([1.0, 5.0]), np.array([1.0, 2.0]))
        Traceback (most recent call last):
        ...
        affine.oracle.Violation: db[1] = 5.0, but should be 2.0
    """

    def __init__(
        self,
        message: str,
        quantity: str = "",
        got: Any = None,
        expected: Any = None,
        given: Operands | None = None,
        bound: Array | None = None,
    ) -> None:
        super().__init__(message)
        self.quantity = quantity
        self.got = got
        self.expected = expected
        self.given = given
        self.bound = bound


class NotAnArray:
    """Stands for a result that is not an array: only its type is known."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"a result is {self.what}, but should be a NumPy array")


def expect(
    condition: bool, message: str, quantity: str = "", given: Operands | None = None
) -> None:
    """Raise a `Violation` with the message unless the condition holds.

    Examples:
        >>> expect(1 + 1 == 2, "arithmetic broke")
    """
    if not condition:
        raise Violation(message, quantity, given=given)


def expect_equal(
    quantity: str,
    got: Any,
    expected: Any,
    because: str = "",
    given: Operands | None = None,
) -> None:
    """Raise a `Violation` unless both have one shape and every entry is equal; NaN equals NaN.

    Args:
        quantity: What is compared, as the message names it.
        got: The layer's result.
        expected: Floating-point numbers, or the exact numbers of `index_sum`.
        because: The rule that is broken, if the numbers alone do not say it.
        given: The operands, where they are not those of the case.

    Examples:
        >>> expect_equal("dw", np.array([[2.0]]), index_sum("nm->nm", np.array([[2.0]])))
    """
    try:
        expected = np.asarray(expected)
        got = expect_array(quantity, got, expected.shape)
        _expect_none(_differs(got, expected), quantity, got, expected, because)
    except Violation as violation:
        violation.given = given
        raise


def expect_within(quantity: str, got: Any, expected: Array, bound: Array) -> None:
    """Raise a `Violation` unless each entry is within its bound of the exact value.

    Examples:
        >>> exact = index_sum("nm->nm", np.array([[1.0]]))
        >>> expect_within("out", np.array([[2.0]]), exact, bound=exact * Fraction(1, 4))
        Traceback (most recent call last):
        ...
        affine.oracle.Violation: out[0, 0] = 2.0, but should be 1 ± 0.25
    """
    got = expect_array(quantity, got, expected.shape)
    _expect_none(_is_beyond(got, expected, bound), quantity, got, expected, bound=bound)


def expect_within_rounding(quantity: str, got: Any, primal: Operands) -> None:
    """Raise a `Violation` unless `out`, `dx`, `dw` or `db` is what a sound algorithm may return.

    On integers a plain sum is exact; whatever is not exact must be within the loosest bound.

    Examples:
        >>> one = np.ones((1, 1))
        >>> expect_within_rounding("dx", 2 * one, Operands(one, one, np.ones(1), one))
        Traceback (most recent call last):
        ...
        affine.oracle.Violation: dx[0, 0] = 2.0, but should be 1
    """
    if surely_within(quantity, expect_array(quantity, got), primal):
        return
    expected = exact(primal, quantity)[quantity]
    if not _differs(expect_array(quantity, got, expected.shape), expected).any():
        return
    limit = _loose_bound(primal, quantity)
    bound = limit if expected.dtype == object else None  # a sum of integers has to be equal
    _expect_none(_is_beyond(got, expected, limit), quantity, got, expected, bound=bound)


def expect_array(quantity: str, got: Any, shape: tuple[int, ...] | None = None) -> Array:
    """Return a result, and raise a `Violation` unless it is a floating array, of this shape.

    Examples:
        >>> expect_array("db", [1.0])
        Traceback (most recent call last):
        ...
        affine.oracle.Violation: db is list, but should be a NumPy array of floating-point numbers
    """
    if not isinstance(got, np.ndarray):
        other = got if isinstance(got, NotAnArray) else NotAnArray(type(got).__name__)
        should = "but should be a NumPy array of floating-point numbers"
        raise Violation(f"{quantity} is {other.what}, {should}", quantity, other)
    if got.dtype.kind != "f":
        raise Violation(f"{quantity} has dtype {got.dtype}, but should be floating", quantity, got)
    if shape not in (None, got.shape):
        raise Violation(f"{quantity} has shape {got.shape}, but should have {shape}", quantity, got)
    return got


def _differs(got: Array, expected: Array) -> Array:
    if expected.dtype == object:
        return np.asarray(got.astype(object) != expected, dtype=bool)
    return np.asarray((got != expected) & ~(np.isnan(got) & np.isnan(expected)))


def _is_beyond(got: Array, expected: Array, bound: Array) -> Array:
    finite = np.isfinite(got)
    error = abs(index_sum("...->...", np.where(finite, got, 0)) - expected)
    return np.asarray(~finite | (error > bound), dtype=bool)


def _expect_none(
    wrong: Array, quantity: str, got: Array, expected: Array, because: str = "", bound: Any = None
) -> None:
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
        quantity, got, expected, bound=bound,
    )  # fmt: skip
