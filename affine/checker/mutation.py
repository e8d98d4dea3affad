"""Mutation check: known mistakes, wrapped around the layer's own functions, must be caught."""

from collections.abc import Callable, Iterator

import numpy as np

from affine.checker.reading import TargetError
from affine.checker.report import Outcome
from affine.checker.search import fails_on
from affine.layer import Array, Call, Case, Layer, Operands, Results, WorkerDied, through
from affine.properties import PROPERTIES

__all__ = ["JUDGES", "PLANTED", "failing", "planted", "surviving"]

# The property that anchors each result to its equation.
JUDGES = {
    "out": "forward_is_x_w_plus_b",
    "dx": "dx_is_dout_wt",
    "dw": "dw_is_xt_dout",
    "db": "db_is_the_column_sum_of_dout",
}


def _one_entry(result: Array) -> Array:
    wrong = np.array(result)
    wrong.flat[-1] += 1
    return wrong


_PLANTS: dict[str, Callable[[Array], Array]] = {
    "is zero": np.zeros_like,
    "has the wrong sign": np.negative,
    "is off by one in its last entry": _one_entry,
}

PLANTED = len(JUDGES) * len(_PLANTS)


# Pairwise different sizes, and no sum that is 0.
_POINT = Operands(
    x=np.arange(1.0, 13).reshape(4, 3),
    w=np.arange(1.0, 7).reshape(3, 2),
    b=np.arange(1.0, 3),
    dout=np.arange(1.0, 9).reshape(4, 2),
)
_CASE = Case(_POINT, _POINT)


def failing(layer: Layer) -> list[Outcome]:
    """Return the outcomes of the properties that fail on one plain case.

    Raises:
        TargetError: The layer says that it cannot be judged.

    Examples:
        >>> from affine.checker.reading import load
        >>> failing(load("affine"))
        []
    """
    found = []
    for judge in JUDGES.values():
        error = fails_on(PROPERTIES[judge], layer, _CASE)
        if isinstance(error, TargetError):
            raise error
        if getattr(error, "kind", "") == TargetError.__name__:  # from another process
            raise TargetError(str(error).partition(": ")[2])
        if error is not None:
            found.append(Outcome(judge, "falsified", 1, 0.0, _CASE, error))
        if isinstance(error, WorkerDied):
            break  # each one more may cost a process, or the time limit
    return found


def planted(layer: Layer) -> Iterator[tuple[str, str, Layer]]:
    """Yield each planted mistake: what it is, the property that must catch it, the wrong layer.

    Examples:
        >>> from affine.checker.reading import load
        >>> [text for text, judge, wrong in planted(load("affine"))][0]
        'out is zero'
    """
    for quantity, judge in JUDGES.items():
        for text, plant in _PLANTS.items():
            yield f"{quantity} {text}", judge, _with(layer, quantity, plant)


def surviving(layer: Layer) -> list[str]:
    """Return the planted mistakes that nothing catches.

    Raises:
        WorkerDied: The layer died or hung.

    Examples:
        >>> from affine.checker.reading import load
        >>> surviving(load("affine"))
        []
    """
    survivors = []
    for text, judge, wrong in planted(layer):
        error = fails_on(PROPERTIES[judge], wrong, _CASE)
        if isinstance(error, WorkerDied):
            raise error
        if error is None:
            survivors.append(text)
    return survivors


def _with(layer: Layer, quantity: str, plant: Callable[[Array], Array]) -> Layer:
    """Return the layer with a mistake in one of its results."""

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        return call, lambda results: {
            name: plant(result) if name == quantity else result for name, result in results.items()
        }

    return through(layer, view)
