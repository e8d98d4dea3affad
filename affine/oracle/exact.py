"""The exact answer, as index sums over Python integers.

A floating-point number is an integer times a power of two, so nothing is rounded. The
subscripts are the equations; `matmul` and the reference are never used.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from affine.layer import Array, Operands

__all__ = ["exact", "gradients", "index_sum", "out", "pairing"]


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
    largest = float(max((factor.size for factor in factors), default=1))
    for factor in factors:
        # A NaN or an infinity makes the comparison below false.
        largest *= max(float(abs(factor).max(initial=0)), 1.0)
    if not largest < 2.0**52:
        return False
    return all(bool((factor == np.rint(factor)).all()) for factor in factors)


def _integers(array: Array) -> tuple[Array, int]:
    """Return integers k and one exponent e with array = k · 2^e."""
    mantissa, exponent = np.frexp(array)
    digits = np.finfo(array.dtype).nmant + 1
    lowest = int(exponent.min(initial=0))
    shifts = np.left_shift(np.ones_like(exponent, dtype=object), (exponent - lowest).astype(object))
    # Python's int, not int64: a long double has more digits than that holds.
    whole = np.frompyfunc(int, 1, 1)(np.ldexp(mantissa, digits))
    return whole * shifts, lowest - digits


def out(x: Array, w: Array, b: Array) -> Array:
    """Return the exact output, Σ_d X_nd W_dm + b_m, equation [(out-entry)][eq-out-entry].

    Examples:
        >>> out(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
        array([[16]])
    """
    return np.asarray(index_sum("nd,dm->nm", x, w) + index_sum("m->m", b))


def gradients(x: Array, w: Array, dout: Array) -> tuple[Array, Array, Array]:
    """Return the exact (dx, dw, db), equations [(dx)][eq-dx], [(dw)][eq-dw], [(db)][eq-db].

    Examples:
        >>> one = np.ones((1, 1))
        >>> gradients(x=3 * one, w=5 * one, dout=2 * one)[1]
        array([[6]])
    """
    return (
        index_sum("nm,dm->nd", dout, w),
        index_sum("nd,nm->dm", x, dout),
        index_sum("nm->m", dout),
    )


def exact(point: Operands, *quantities: str) -> dict[str, Array]:
    """Return the exact out, dx, dw and db by name, or those of them that are asked for.

    Examples:
        >>> one = np.ones((1, 1))
        >>> exact(Operands(2 * one, 3 * one, np.ones(1), 5 * one), "dx")
        {'dx': array([[15]])}
    """
    x, w, b, dout = point
    sums = {
        "out": lambda: out(x, w, b),
        "dx": lambda: index_sum("nm,dm->nd", dout, w),
        "dw": lambda: index_sum("nd,nm->dm", x, dout),
        "db": lambda: index_sum("nm->m", dout),
    }
    return {quantity: sums[quantity]() for quantity in quantities or sums}


def pairing(a: Array, b: Array) -> Any:
    """Return ⟨a, b⟩ exactly, equation [(pairings)][eq-pairings]; NaN where an entry is not finite.

    Examples:
        >>> pairing(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
        11
    """
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    return index_sum("i,i->", np.ravel(a), np.ravel(b)).item()
