"""Numbers: how raw bytes are read as entries."""

from collections.abc import Callable, Mapping, Sequence
from math import isqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affine.layer import Array

__all__ = ["DECODERS", "Values", "limit"]

Values = Literal["integers", "reals", "any"]


def _few_integers(raw: bytes, dtype: str, terms: int) -> Array:
    return np.fmod(_digits(raw), 4).astype(dtype)


def _integers(raw: bytes, dtype: str, terms: int) -> Array:
    return np.fmod(_digits(raw), min(limit(dtype, terms), 127) + 1).astype(dtype)


def limit(dtype: str, terms: int) -> int:
    """Return R such that twice the operands still sum exactly: K·(2R)² + 2R < 2^p.

    Examples:
        >>> limit("float16", 4)
        10
    """
    significant_bits = int(np.finfo(dtype).nmant) + 1
    return isqrt(2**significant_bits // (4 * (terms + 1)))


def _reals(raw: bytes, dtype: str, terms: int) -> Array:
    return (_digits(raw) / 7).astype(dtype)


def _spread_reals(raw: bytes, dtype: str, terms: int) -> Array:
    return _scattered(raw, 8 if dtype != "float16" else 2).astype(dtype)


# How far a binary exponent may stray, so that products neither overflow nor underflow.
_WIDEST = {"float16": 2, "float32": 20, "float64": 200}


def _wide_reals(raw: bytes, dtype: str, terms: int) -> Array:
    return _scattered(raw, _WIDEST[dtype]).astype(dtype)


def _scattered(raw: bytes, spread: int) -> NDArray[np.float64]:
    digits = _digits(raw)
    return np.ldexp(digits / 7, np.roll(digits, 1) % (spread + 1) - spread)


def _digits(raw: bytes) -> NDArray[np.int16]:
    return np.frombuffer(raw, np.int8).astype(np.int16)


DECODERS: Mapping[Values, Sequence[Callable[[bytes, str, int], Array]]] = {
    "integers": (_few_integers, _integers),
    "reals": (_reals, _spread_reals),
    "any": (_few_integers, _few_integers, _integers, _reals, _wide_reals),
}
"""How bytes are read as numbers of a dtype, for sums of a length; zero bytes are zeros.

- `integers`: small whole numbers, for which every sum of the case is exact,
  [(exact-integers)][eq-exact-integers]; half of the time no larger than 3, so that zeros
  and equal entries are common.
- `reals`: numbers that fill the mantissa, over a few orders of magnitude.
- `any`: either, and reals over very many orders of magnitude.
"""
