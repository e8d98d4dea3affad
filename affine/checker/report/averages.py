"""A failure of a layer that is held to averages, in the terms of that layer.

The check gives such a layer N·dout and divides dX by N again: then dW and db must be the sums
over dout, [(average)][eq-average], and all properties are as for any layer. A reader wants to
see what the layer was given, and the average that it should have returned.
"""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from affine.checker.report.findings import Outcome
from affine.layer import Array, Operands
from affine.oracle import Violation, exact

__all__ = ["WRAPPER", "as_given", "expected_at"]

WRAPPER = '''
def summing(vjp):
    """Held to averages: given N·dout, dw and db are sums over dout again."""

    def wrapped(x, w, b):
        out, pullback = vjp(x, w, b)

        def back(dout):
            dx, dw, db = pullback(len(dout) * dout)
            return dx / len(dout), dw, db

        return out, back

    return wrapped

vjp = summing(vjp)'''


def expected_at(point: Operands, quantity: str, reduction: str) -> Array:
    """Return the exact value of one result, where `mean` averages dW and db over the batch.

    Examples:
        >>> point = Operands(np.ones((2, 1)), np.ones((1, 1)), np.ones(1), np.ones((2, 1)))
        >>> expected_at(point, "db", "mean")
        array([Fraction(1, 1)], dtype=object)
    """
    value = exact(point, quantity)[quantity]
    averaged = reduction == "mean" and quantity in ("dw", "db")
    return _times(value, Fraction(1, max(len(point.dout), 1))) if averaged else value


def as_given(outcome: Outcome) -> Outcome:
    """Return the outcome with the dout that the layer was given, and its results for that."""
    case, error = outcome.counterexample, outcome.error
    if case is None or not isinstance(error, Violation):
        return outcome
    count = len(case.primal.dout)
    given = _times(case.primal.dout, count)
    factor = count if error.quantity == "dx" else 1
    scaled = Violation(
        str(error), error.quantity, _times(error.got, factor), _times(error.expected, factor)
    )
    point = case.primal._replace(dout=given)
    return replace(outcome, counterexample=replace(case, primal=point), error=scaled)


def _times(array: Any, factor: int | Fraction) -> Any:
    if array is None or factor == 1:
        return array
    array = np.asarray(array)
    return array.astype(object) * factor if isinstance(factor, Fraction) else array * factor
