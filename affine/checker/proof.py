"""Proof: at all small sizes, basis pairs recover every coefficient of the results."""

from time import perf_counter

import numpy as np

from affine.checker.report import Outcome
from affine.checker.search import fails_on, small_shapes
from affine.layer import Case, Layer, Operands, OutOfTime
from affine.properties import PROPERTIES

__all__ = ["BASIS_PAIRS", "prove"]

BASIS_PAIRS = "basis_pairs_recover_the_coefficients"


def prove(layer: Layer, largest: int) -> tuple[Outcome, list[tuple[int, int, int]]]:
    """Return the outcome of the basis pairs, and the sizes at which they established the formulas.

    If the time runs out, these are the sizes until then.

    Examples:
        >>> from affine.checker.reading import load
        >>> outcome, shapes = prove(load("affine"), largest=2)
        >>> outcome.status, len(shapes)
        ('held', 8)
    """
    start = perf_counter()
    done: list[tuple[int, int, int]] = []
    for n, d, m in small_shapes(largest):
        zeros = Operands(np.zeros((n, d)), np.zeros((d, m)), np.zeros(m), np.zeros((n, m)))
        case = Case(zeros, zeros)
        try:
            error = fails_on(PROPERTIES[BASIS_PAIRS], layer, case)
        except OutOfTime:
            break
        if error is not None:
            found = Outcome(
                BASIS_PAIRS, "falsified", len(done) + 1, perf_counter() - start, case, error
            )
            return found, done
        done.append((n, d, m))
    return Outcome(BASIS_PAIRS, "held", len(done), perf_counter() - start), done
