"""Proof: at all small sizes, basis pairs recover every coefficient of the results."""

from dataclasses import replace
from time import perf_counter

import numpy as np

from affine.checker.report import Outcome
from affine.checker.search import SMALL_SHAPES, outcome_on
from affine.layer import Case, Layer, Operands, OutOfTime
from affine.properties import value

__all__ = ["BASIS_PAIRS", "prove"]

BASIS_PAIRS = value.basis_pairs_recover_the_coefficients


def prove(layer: Layer) -> tuple[list[tuple[int, int, int]], Outcome]:
    """Return the sizes up to 3 at which basis pairs established the formulas, and the outcome.

    If the time runs out, these are the sizes until then; without any it raises `OutOfTime`.
    """
    start = perf_counter()
    done: list[tuple[int, int, int]] = []
    outcome = Outcome(BASIS_PAIRS.name, "held")
    for n, d, m in SMALL_SHAPES:
        zeros = Operands(np.zeros((n, d)), np.zeros((d, m)), np.zeros(m), np.zeros((n, m)))
        try:
            outcome = outcome_on(BASIS_PAIRS, layer, Case(zeros, zeros))
        except OutOfTime:
            if not done:
                raise
            break
        if outcome.status == "falsified":
            break
        done.append((n, d, m))
    cases = len(done) + (outcome.status == "falsified")
    return done, replace(outcome, cases=cases, seconds=perf_counter() - start)
