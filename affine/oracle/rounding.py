"""How far rounding may move a result, and up to where integers are not rounded at all."""

from fractions import Fraction
from math import ceil, isqrt, log2, prod
from typing import Any

import numpy as np

from affine.layer import Array, Operands
from affine.oracle.exact import exact

__all__ = [
    "bounds", "exact_limit", "loose_bounds", "precision", "surely_within", "unit_roundoff",
]  # fmt: skip


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


def bounds(point: Operands, *quantities: str, spare: int = 0) -> dict[str, Array]:
    """Return how far rounding may move out, dx, dw and db, in exact arithmetic, by name.

    γ_K · Σ|x_k||y_k|, equation [(rounding-bound)][eq-rounding-bound], in the precision that the
    operands promote to, plus one smallest subnormal for each rounding.

    Args:
        point: The operands.
        quantities: Which of the four; all of them if none is named.
        spare: How many roundings a term may meet beyond those of a plain sum.

    Examples:
        >>> one = np.ones((1, 1))
        >>> float(bounds(Operands(one, one, np.ones(1), one), "db")["db"][0])
        0.0
    """
    n, d, m = point.sizes
    x, w, b, dout = point
    roundings = {"out": d + 1, "dx": m, "dw": n, "db": max(n - 1, 0)}
    operands = {"out": (x, w, b), "dx": (dout, w), "dw": (x, dout), "db": (dout,)}
    return {
        quantity: _bound(
            magnitude, roundings[quantity] + spare, np.result_type(*operands[quantity])
        )
        for quantity, magnitude in exact(point.map(np.abs), *quantities).items()
    }


def _bound(magnitude: Array, roundings: int, dtype: Any) -> Array:
    u = unit_roundoff(dtype)
    gamma = roundings * u / (1 - roundings * u)
    underflow = roundings * Fraction(float(np.finfo(dtype).smallest_subnormal))
    return np.asarray(magnitude.astype(object) * gamma + underflow)


def surely_within(quantity: str, got: Array, point: Operands) -> bool:
    """Whether a result is within `bounds`, told by long doubles, which is quick.

    They are off by less than a hundredth of the bound, which is kept as a distance. If it cannot
    be told, the exact numbers must be looked at.

    Examples:
        >>> third = np.array([[1 / 3]])
        >>> point = Operands(third, third, third[0], third)
        >>> surely_within("dx", third * third, point), surely_within("dx", third, point)
        (True, False)
    """
    n, d, m = point.sizes
    x, w, b, dout = point
    dtype = np.result_type(*point)
    if precision(np.longdouble) < 64 or precision(dtype) > 53:
        return False
    sums: dict[str, tuple[Any, ...]] = {
        "out": ("nd,dm->nm", d + 1, x, w),
        "dx": ("nm,dm->nd", m, dout, w),
        "dw": ("nd,nm->dm", n, x, dout),
        "db": ("nm->m", max(n - 1, 0), dout),
    }
    subscripts, roundings, *factors = sums[quantity]
    wide = [np.asarray(factor, np.longdouble) for factor in factors]
    value = np.einsum(subscripts, *wide)
    magnitude = np.einsum(subscripts, *map(np.abs, wide))
    if quantity == "out":
        value, magnitude = value + b, magnitude + np.abs(b)
    share = roundings / (2.0 ** precision(dtype) - roundings)
    return got.shape == value.shape and bool((abs(got - value) <= 0.99 * share * magnitude).all())


def loose_bounds(point: Operands, *quantities: str) -> dict[str, Array]:
    """Return how far any sound algorithm may be from the exact out, dx, dw and db, by name.

    The bounds of the sums, with two roundings to spare for a scale that is taken off again
    (`dout.mean(axis=0) * N`); for products the bound of Strassen's algorithm besides.

    Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 23.2.

    Examples:
        >>> one = np.ones((1, 1))
        >>> point = Operands(one, one, np.ones(1), one)
        >>> bool(loose_bounds(point)["dx"] > bounds(point)["dx"])
        True
    """
    x, w, _, dout = point
    factors = {"out": (x, w), "dx": (dout, w), "dw": (x, dout)}
    side = 1 << (max(*point.sizes, 1) - 1).bit_length()  # padded to a power of two
    growth = 6 * ceil(side ** log2(12)) - 5 * side
    loose = bounds(point, *quantities, spare=2)
    for quantity in loose.keys() & factors.keys():
        dtype = np.result_type(*factors[quantity])
        largest = (float(abs(factor).max(initial=0)) for factor in factors[quantity])
        loose[quantity] += growth * unit_roundoff(dtype) * prod(map(Fraction, largest))
    return loose
