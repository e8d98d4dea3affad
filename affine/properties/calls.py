"""Results of calls that are compared with those of other calls."""

from collections.abc import Callable, Mapping

import numpy as np

from affine.layer import Array, Operands, Pullback
from affine.oracle import expect_equal

__all__ = ["both_passes", "copies", "expect_same", "named"]


def expect_same(got: Mapping[str, Array], expected: Mapping[str, Array], because: str) -> None:
    """Raise a `Violation` unless each result equals the one expected, bit for bit."""
    for quantity, result in got.items():
        expect_equal(quantity, result, expected[quantity], because)


def both_passes(
    vjp: Callable[[Array, Array, Array], tuple[Array, Pullback]], point: Operands
) -> dict[str, Array]:
    """Return out, dx, dw and db by name, the arrays themselves."""
    out, pullback = vjp(*point[:3])
    return {"out": out, **named(pullback(point.dout))}


def named(gradients: tuple[Array, Array, Array]) -> dict[str, Array]:
    """Return the gradients by name."""
    return dict(zip(("dx", "dw", "db"), gradients, strict=True))


def copies(results: Mapping[str, Array]) -> dict[str, Array]:
    """Return copies, which no later call changes; what is no array, as it is."""
    return {
        quantity: np.array(result) if isinstance(result, np.ndarray) else result
        for quantity, result in results.items()
    }
