"""Proof: at all small sizes, basis pairs recover every coefficient of the results.

Certificate: uniform draws, and how likely a wrong gradient passes them.
"""

from dataclasses import replace
from fractions import Fraction
from math import inf, prod
from time import perf_counter

import numpy as np

from affine.checker.one_case import SMALL_SHAPES, fails_on, outcome_on
from affine.checker.reduction import dtype_of
from affine.checker.report import Certificate, Outcome
from affine.checker.search import with_cached_calls
from affine.layer import Array, Case, Layer, Operands, OutOfTime
from affine.oracle import exact, exact_limit, expect_equal
from affine.properties import value

BASIS_PAIRS = value.basis_pairs_recover_the_coefficients
CENTRAL_DIFFERENCE = value.central_difference_is_twice_the_directional_derivative

# ⟨dout, XW⟩ has degree 3 in the drawn numbers, and so has ⟨gradient, step⟩ for a gradient that
# is a polynomial of degree 2 in the operands.
_DEGREE = 3
_LIMITS = {"float64": 1000, "float32": 64, "float16": 8}
_DRAWS = 4
_SHAPES = (
    (1, 1, 1), (1, 5, 3), (7, 1, 4), (3, 4, 1), (2, 3, 4), (4, 3, 2), (3, 3, 3), (9, 7, 8),
    (16, 15, 17), (33, 31, 32), (64, 65, 63), (127, 128, 129),
)  # fmt: skip
# One draw each: the sizes of layers in use, where two sides or all three are large.
_OF_NETWORKS = (1000, 5, 140), (3, 1000, 140), (150, 784, 10), (140, 200, 150)

# A division by 7 or 61 that is undone again shows in the last digit.
_ROUNDING_SHAPES = (7, 11, 13), (61, 47, 49)


def prove(layer: Layer) -> tuple[list[tuple[int, int, int]], Outcome]:
    """Return the sizes up to 3 at which basis pairs established the formulas, and the outcome.

    If the time runs out, these are the sizes until then; without any it raises `OutOfTime`.
    """
    start = perf_counter()
    done: list[tuple[int, int, int]] = []
    outcome, dtype = Outcome(BASIS_PAIRS.name, "held"), dtype_of(layer)
    try:
        for sizes in SMALL_SHAPES:
            zeros = Operands.of_sizes(sizes, lambda shape: np.zeros(shape, dtype))
            outcome = outcome_on(BASIS_PAIRS, layer, Case(zeros, zeros))
            if outcome.status == "falsified":
                break
            done.append(sizes)
    except OutOfTime:
        if not done:
            raise
    cases = len(done) + (outcome.status == "falsified")
    return done, replace(outcome, cases=cases, seconds=perf_counter() - start)


def _largest(shape: tuple[int, int, int], dtype: str) -> int:
    # The operands that the identity moves reach twice the limit R: K·(2R)² + 2R < 2^p.
    return exact_limit(max(shape), dtype) // 2


def draw(
    shape: tuple[int, int, int], limit: int, generator: np.random.Generator, dtype: str = "float64"
) -> Case:
    """Return a case of independent integers from −limit to limit; refuse what may be rounded."""
    largest = _largest(shape, dtype)
    if limit > largest:
        where = f"in {dtype} at sizes {shape}"
        raise ValueError(f"integers up to {limit} may be rounded {where}; at most {largest}")

    def integers(side: tuple[int, ...]) -> Array:
        return generator.integers(-limit, limit, side, endpoint=True).astype(dtype)

    return Case(Operands.of_sizes(shape, integers), Operands.of_sizes(shape, integers))


def miss_bound(degree: int, limit: int, draws: int) -> Fraction:
    """Return the largest chance that a polynomial other than 0 vanishes at all draws."""
    # At one uniform draw from 2·limit + 1 integers: the lemma of Schwartz and Zippel.
    return min(Fraction(degree, 2 * limit + 1), Fraction(1)) ** draws


def certify(layer: Layer, seed: int = 0, patience: float = inf) -> tuple[Certificate, Outcome]:
    """Return the certificate, and the outcome of the draws.

    The integers are as large as the layer's most precise dtype has room for. Sizes are left out at
    which they would be rounded, or at which one draw would take more seconds than the patience, by
    the time that smaller ones took. If the time runs out before anything is drawn, it raises
    `OutOfTime`.
    """

    def judge(layer: Layer, case: Case) -> None:
        # The gradients are held to the forward pass, and that to integer arithmetic.
        expect_equal("out", layer.forward(*case.primal[:3]), exact(case.primal, "out")["out"])
        CENTRAL_DIFFERENCE(layer, case)

    start, generator = perf_counter(), np.random.default_rng(seed)
    outcome, done = Outcome(CENTRAL_DIFFERENCE.name, "held", 1), list[tuple[int, int, int]]()
    pace = 0.0  # seconds for one product of two numbers
    dtype = dtype_of(layer)
    limit = _LIMITS[dtype]
    try:
        for shape in (*_SHAPES, *_OF_NETWORKS):
            if pace * prod(shape) > patience or limit > _largest(shape, dtype):
                continue
            begun, count = perf_counter(), _DRAWS if shape in _SHAPES else 1
            cases = [draw(shape, limit, generator, dtype) for _ in range(count)]
            shared = with_cached_calls(layer, [(CENTRAL_DIFFERENCE, case) for case in cases])
            errors = ((case, fails_on(judge, shared, case)) for case in cases)
            if failure := next((pair for pair in errors if pair[1] is not None), None):
                outcome = Outcome(CENTRAL_DIFFERENCE.name, "falsified", 1, 0.0, *failure)
                break
            pace = (perf_counter() - begun) / count / prod(shape)
            done.append(shape)
    except OutOfTime:
        if not done:
            raise
    drawn = tuple(shape for shape in done if shape in _SHAPES)
    large = tuple(shape for shape in done if shape in _OF_NETWORKS)
    bound = miss_bound(_DEGREE, limit, _DRAWS)
    certificate = Certificate(_DRAWS, drawn, limit, _DEGREE, bound, large)
    return certificate, replace(outcome, seconds=perf_counter() - start)


def find_inexact_sum(layer: Layer, seed: int = 0) -> Outcome | None:
    """Return a draw on which a sum of integers is not exact, None if there is none."""
    generator, tested = np.random.default_rng(seed), value.integer_sums_are_exact
    dtype = dtype_of(layer)
    limits = ((shape, min(_LIMITS[dtype], _largest(shape, dtype))) for shape in _ROUNDING_SHAPES)
    cases = (draw(shape, limit, generator, dtype) for shape, limit in limits)
    outcomes = (outcome_on(tested, layer, case) for case in cases)
    return next((outcome for outcome in outcomes if outcome.status == "falsified"), None)
