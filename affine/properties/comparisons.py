"""What properties compare: results with those of other calls, and pairings of results."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from affine.layer import Array, Operands
from affine.memory import copied
from affine.oracle import expect, expect_array, expect_equal, index_sum

__all__ = ["copies", "expect_number", "expect_same", "in_words", "paired", "require_finite"]


def expect_same(
    got: Mapping[str, Array],
    expected: Mapping[str, Array],
    because: str,
    given: Operands | None = None,
) -> None:
    """Raise a `Violation` unless what was got has each result that is expected."""
    for quantity, result in expected.items():
        expect_equal(quantity, got[quantity], result, because, given)


def copies(results: Mapping[str, Array]) -> dict[str, Array]:
    """Return copies, which no later call changes; what is not an array is returned as it is."""
    return {quantity: copied(result) for quantity, result in results.items()}


def require_finite(quantity: str, got: Any, shape: tuple[int, ...]) -> Array:
    """Return a result that is a floating array of the shape, with finite entries.

    Examples:
        >>> require_finite("db", np.array([1.0, np.inf]), (2,))
        Traceback (most recent call last):
        ...
        affine.oracle.Violation: db has an entry inf, but all of them should be finite
    """
    array = expect_array(quantity, got, shape)
    wild = array[~np.isfinite(array)]
    described = f"{quantity} has an entry {next(iter(wild), 0)}"
    expect(not wild.size, f"{described}, but all of them should be finite", quantity)
    return array


def in_words(error: Exception) -> str:
    """Return what a layer raised in one line, also where it was raised in another process.

    Examples:
        >>> in_words(ValueError("no batch"))
        'ValueError: no batch'
    """
    kind, text, place = (
        str(getattr(error, name, usual))
        for name, usual in (("kind", type(error).__name__), ("message", error), ("place", ""))
    )
    return f"{kind}: {text.splitlines()[0] if text else ''}{f' ({place})' if place else ''}"


def paired(quantity: str, got: Any, other: Array) -> Any:
    """Return ⟨got, other⟩ exactly, as in equation [(pairings)][eq-pairings].

    Examples:
        >>> paired("db", np.array([1.0, 2.0]), np.array([3.0, 4.0]))
        11
    """
    got = require_finite(quantity, got, other.shape)
    return index_sum("i,i->", got.ravel(), other.ravel()).item()


def expect_number(quantity: str, text: str, got: Any, expected: Any) -> None:
    """Raise a `Violation` unless two exact numbers are equal.

    Examples:
        >>> expect_number("dx", "⟨dX, X⟩", 6, 6)
    """
    expect(got == expected, f"{text} = {_short(got)}, but should be {_short(expected)}", quantity)


def _short(value: Any) -> Any:
    """An exact ratio that takes many digits as the nearest floating-point number."""
    return float(value) if isinstance(value, Fraction) and len(str(value)) > 12 else value
