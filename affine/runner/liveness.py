"""Liveness: known mistakes, wrapped around the layer's own functions, must be caught."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from affine.adapters import TargetError
from affine.layer import Array, Case, Layer, LayerGone, Operands, Pullback
from affine.properties import PROPERTIES
from affine.runner.searching import fails_on

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


def failing(layer: Layer) -> list[str]:
    """Return the results that are wrong on one plain case.

    Raises:
        TargetError: The layer says that it cannot be judged.

    Examples:
        >>> from affine.adapters import load
        >>> failing(load("affine"))
        []
    """
    errors = {name: fails_on(PROPERTIES[judge], layer, _CASE) for name, judge in JUDGES.items()}
    for error in errors.values():
        if isinstance(error, TargetError):
            raise error
        if getattr(error, "kind", "") == TargetError.__name__:  # from another process
            raise TargetError(str(error).partition(": ")[2])
    return [name for name, error in errors.items() if error is not None]


def planted(layer: Layer) -> Iterator[tuple[str, str, Layer]]:
    """Yield each planted mistake: what it is, the property that must catch it, the wrong layer.

    Examples:
        >>> from affine.adapters import load
        >>> [text for text, judge, wrong in planted(load("affine"))][0]
        'out is zero'
    """
    for quantity, judge in JUDGES.items():
        for text, plant in _PLANTS.items():
            yield f"{quantity} {text}", judge, _with(layer, quantity, plant)


def surviving(layer: Layer) -> list[str] | None:
    """Return the planted mistakes that nothing catches; None for a layer that fails without them.

    Raises:
        LayerGone: The layer died or hung.

    Examples:
        >>> from affine.adapters import load
        >>> surviving(load("affine"))
        []
    """
    if failing(layer):
        return None
    survivors = []
    for text, judge, wrong in planted(layer):
        error = fails_on(PROPERTIES[judge], wrong, _CASE)
        if isinstance(error, LayerGone):
            raise error
        if error is None:
            survivors.append(text)
    return survivors


def _with(layer: Layer, quantity: str, plant: Callable[[Array], Array]) -> Layer:
    """Return the layer with a mistake in one of its results."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = layer.vjp(x, w, b)
        if quantity == "out":
            return plant(out), pullback

        def wrong(dout: Array) -> tuple[Array, Array, Array]:
            dx, dw, db = pullback(dout)
            results = {"dx": dx, "dw": dw, "db": db}
            results[quantity] = plant(results[quantity])
            return results["dx"], results["dw"], results["db"]

        return out, wrong

    return replace(layer, vjp=vjp)
