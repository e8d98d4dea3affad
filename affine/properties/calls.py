"""Results of calls that are compared with those of other calls."""

from collections.abc import Mapping

import numpy as np

from affine.layer import VJP, Array, Operands, by_name
from affine.oracle import expect_equal

__all__ = ["both_passes", "copies", "expect_same"]


def expect_same(got: Mapping[str, Array], expected: Mapping[str, Array], because: str) -> None:
    """Raise a `Violation` unless each result equals the one expected, bit for bit."""
    for quantity, result in got.items():
        expect_equal(quantity, result, expected[quantity], because)


def both_passes(vjp: VJP, point: Operands) -> dict[str, Array]:
    """Return out, dx, dw and db by name, the arrays themselves."""
    out, pullback = vjp(*point[:3])
    return {"out": out, **by_name(pullback(point.dout))}


def copies(results: Mapping[str, Array]) -> dict[str, Array]:
    """Return copies, which no later call changes; what is no array, as it is."""
    return {
        quantity: np.array(result) if isinstance(result, np.ndarray) else result
        for quantity, result in results.items()
    }
