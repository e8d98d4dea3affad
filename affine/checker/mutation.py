"""Mutation check: known mistakes, wrapped around the layer's own functions, must be caught."""

from collections.abc import Callable
from itertools import product

import numpy as np

from affine.checker.exceptions import TargetError, TargetRaised
from affine.checker.one_case import fails_on, outcome_on
from affine.checker.reduction import dtype_of
from affine.checker.report import Outcome
from affine.checker.search import JUDGES
from affine.layer import Array, Case, Layer, Operands, Results, WorkerDied, intercept_calls


def _off_by_one(result: Array) -> Array:
    wrong = np.array(result)
    wrong.flat[-1] += 1
    return wrong


_PLANTS: dict[str, Callable[[Array], Array]] = {
    "is zero": np.zeros_like,
    "has the wrong sign": np.negative,
    "is off by one in its last entry": _off_by_one,
}
MUTANT_COUNT = len(JUDGES) * len(_PLANTS)

# Pairwise different sizes, and no sum that is 0.
_POINT = Operands(
    x=np.arange(1.0, 13).reshape(4, 3),
    w=np.arange(1.0, 7).reshape(3, 2),
    b=np.arange(1.0, 3),
    dout=np.arange(1.0, 9).reshape(4, 2),
)


def _case(layer: Layer) -> Case:
    dtype = dtype_of(layer)
    # In half precision one more is within the rounding of anything but ones.
    point = _POINT.map(np.sign) if dtype == "float16" else _POINT
    point = point.map(lambda array: array.astype(dtype))
    return Case(point, point)


def failures_unmutated(layer: Layer) -> list[Outcome]:
    """Return what fails on one plain case; raise `TargetError` if the layer cannot be judged."""
    failed = []
    for judge in JUDGES.values():
        outcome = outcome_on(judge, layer, _case(layer))
        error = outcome.error
        if isinstance(error, TargetError):
            raise error
        if isinstance(error, TargetRaised) and error.kind == TargetError.__name__:
            raise TargetError(error.message)  # in another process
        if error is not None:
            failed.append(outcome)
        if isinstance(error, WorkerDied):
            break  # each one more may cost a process, or the time limit
    return failed


def surviving_mutants(layer: Layer) -> list[str]:
    """Return the planted mistakes that nothing catches; raise `WorkerDied` if the layer did."""
    survivors = []
    for (quantity, judge), (mistake, plant) in product(JUDGES.items(), _PLANTS.items()):
        error = fails_on(judge, _planted(layer, quantity, plant), _case(layer))
        if isinstance(error, WorkerDied):
            raise error
        survivors += [f"{quantity} {mistake}"] * (error is None)
    return survivors


def _planted(layer: Layer, quantity: str, plant: Callable[[Array], Array]) -> Layer:
    """Return the layer with a mistake in one of its results."""

    def spoil(results: Results) -> Results:
        return {name: plant(got) if name == quantity else got for name, got in results.items()}

    return intercept_calls(layer, lambda call: (call, spoil))
