"""Certificate: uniform draws, and how likely a wrong gradient passes them."""

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from math import inf, prod
from time import perf_counter

import numpy as np

from affine.checker.report import Certificate, Outcome
from affine.checker.search import fails_on
from affine.checker.sharing import sharing_calls
from affine.layer import Array, Case, Layer, Operands, OutOfTime
from affine.oracle import exact, exact_limit, expect_equal
from affine.properties import PROPERTIES

__all__ = ["EXACT_SUMS", "IDENTITY", "certify", "draw", "find_inexact_sum", "miss_bound"]

IDENTITY = "central_difference_is_twice_the_directional_derivative"

EXACT_SUMS = "integer_sums_are_exact"

# A division by 7 or 61 that is undone again shows in the last digit.
_ROUNDING_SHAPES = (7, 11, 13), (61, 47, 49)

# ⟨dout, XW⟩ has degree 3 in the drawn numbers, and so has ⟨gradient, step⟩ for a gradient that
# is a polynomial of degree 2 in the operands.
_DEGREE = 3
_LIMIT = 1000
_DRAWS = 4
_SHAPES = (
    (1, 1, 1), (1, 5, 3), (7, 1, 4), (3, 4, 1), (2, 3, 4), (4, 3, 2), (3, 3, 3), (9, 7, 8),
    (16, 15, 17), (33, 31, 32), (64, 65, 63), (127, 128, 129),
)  # fmt: skip


# One draw each: the sizes of layers in use, where two sides or all three are large.
_OF_NETWORKS = dict.fromkeys(((1000, 5, 140), (3, 1000, 140), (150, 784, 10), (140, 200, 150)), 1)


def draw(
    shape: tuple[int, int, int], limit: int, generator: np.random.Generator, dtype: str = "float64"
) -> Case:
    """Return a case of independent integers, uniform from −limit to limit.

    Raises:
        ValueError: A sum of the identity could be rounded: the operands that it moves reach twice
            the limit, and K·(2R)² + 2R must stay below 2^p, [(exact-integers)][eq-exact-integers].

    Examples:
        >>> draw((4, 3, 2), limit=1000, generator=np.random.default_rng(0)).primal.sizes
        (4, 3, 2)
        >>> draw((4, 3, 2), limit=1000, generator=np.random.default_rng(0), dtype="float16")
        Traceback (most recent call last):
        ...
        ValueError: integers up to 1000 may be rounded in float16 at sizes (4, 3, 2); at most 11
    """
    largest = exact_limit(max(shape), dtype) // 2
    if limit > largest:
        raise ValueError(
            f"integers up to {limit} may be rounded in {dtype} at sizes {shape}; at most {largest}"
        )
    n, d, m = shape

    def uniform() -> Operands:
        sides = {"x": (n, d), "w": (d, m), "b": (m,), "dout": (n, m)}
        return Operands(**{name: _integers(side) for name, side in sides.items()})

    def _integers(side: tuple[int, ...]) -> Array:
        return generator.integers(-limit, limit, side, endpoint=True).astype(dtype)

    return Case(uniform(), uniform())


def miss_bound(degree: int, limit: int, draws: int) -> Fraction:
    """Return the largest chance that a polynomial other than 0 vanishes at all draws.

    At one uniform draw from 2·limit + 1 integers it is degree / (2·limit + 1): the lemma of
    Schwartz and Zippel.

    Examples:
        >>> miss_bound(degree=3, limit=1000, draws=1)
        Fraction(1, 667)
    """
    return min(Fraction(degree, 2 * limit + 1), Fraction(1)) ** draws


def certify(
    layer: Layer, seed: int = 0, patience: float = inf
) -> tuple[Certificate, Case | None, Exception | None]:
    """Return the certificate, and the first draw on which the layer fails with what it raised.

    The forward pass is compared with integer arithmetic, the gradients with the central
    difference of that forward pass, [(finite-difference)][eq-finite-difference].

    Args:
        layer: The layer under test.
        seed: Decides the draws.
        patience: Seconds that one draw may take: sizes at which it would take longer, by the
            time that smaller ones took, are left out, and so is what comes after the time is up.

    Examples:
        >>> from affine.checker.reading import load
        >>> certificate, case, error = certify(load("affine"))
        >>> case is None, float(certificate.miss_bound) < 1e-11
        (True, True)
    """
    generator = np.random.default_rng(seed)
    done: dict[tuple[int, int, int], int] = {}
    pace = 0.0  # seconds for one product of two numbers
    with suppress(OutOfTime):
        for shape, count in [*dict.fromkeys(_SHAPES, _DRAWS).items(), *_OF_NETWORKS.items()]:
            if pace * prod(shape) > patience:
                continue
            start = perf_counter()
            cases = [draw(shape, _LIMIT, generator) for _ in range(count)]
            shared = sharing_calls(layer, [(PROPERTIES[IDENTITY], case) for case in cases])
            for case in cases:
                error = _error(shared, case)
                if error is not None:
                    return _certificate(done), case, error
            pace = (perf_counter() - start) / count / prod(shape)
            done[shape] = count
    return _certificate(done), None, None


def _certificate(done: Mapping[tuple[int, int, int], int]) -> Certificate:
    drawn = tuple(shape for shape, count in done.items() if count == _DRAWS)
    large = tuple(shape for shape, count in done.items() if count < _DRAWS)
    bound = miss_bound(_DEGREE, _LIMIT, _DRAWS)
    return Certificate(_DRAWS, drawn, _LIMIT, _DEGREE, bound, large)


def _error(layer: Layer, case: Case) -> Exception | None:
    try:
        expect_equal("out", layer.forward(*case.primal[:3]), exact(case.primal, "out")["out"])
        PROPERTIES[IDENTITY](layer, case)
    except Exception as error:
        return error
    return None


def find_inexact_sum(layer: Layer, seed: int = 0) -> Outcome | None:
    """Return a draw on which a sum of integers is not exact, None if there is none.

    Examples:
        >>> from affine.checker.reading import load
        >>> find_inexact_sum(load("affine")) is None
        True
    """
    generator = np.random.default_rng(seed)
    for shape in _ROUNDING_SHAPES:
        case = draw(shape, _LIMIT, generator)
        error = fails_on(PROPERTIES[EXACT_SUMS], layer, case)
        if error is not None:
            return Outcome(EXACT_SUMS, "falsified", 1, 0.0, case, error)
    return None
