"""A search shrinks what it finds, and sees every way in which a layer can fail."""

from itertools import count

import numpy as np
import pytest

from affine.checker.search import search
from affine.layer import Array, Case, Layer, Operands
from affine.oracle import Violation
from affine.properties import PROPERTIES


def _layer(dw: object) -> Layer:
    def vjp(x: Array, w: Array, b: Array) -> object:
        return x @ w + b, lambda dout: (dout @ w.T, dw(x, dout), dout.sum(axis=0))  # type: ignore[operator]

    return Layer("test", vjp)  # type: ignore[arg-type]


def test_an_exception_of_the_layer_is_a_falsified_property() -> None:
    """With the case on which it was raised."""

    def fails(x: Array, dout: Array) -> Array:
        raise ZeroDivisionError("on purpose")

    outcome = search(PROPERTIES["dw_is_xt_dout"], _layer(fails))
    assert outcome.status == "falsified"
    assert repr(outcome.error) == "ZeroDivisionError('on purpose')"
    assert outcome.counterexample is not None
    assert outcome.counterexample.primal.sizes == (1, 1, 1)


def test_a_relative_error_of_one_in_a_billion_is_falsified() -> None:
    """There is no tolerance for it to hide in."""
    outcome = search(PROPERTIES["dw_is_xt_dout"], _layer(lambda x, g: x.T @ g * (1 + 1e-9)))
    assert outcome.status == "falsified"


def test_more_precision_than_asked_is_no_fault() -> None:
    """A layer that answers in long double is held to the bound like any other.

    Its smallest false alarm was dout = [[1/7]]: a mantissa that 64-bit integers cannot hold.
    """

    def vjp(x: Array, w: Array, b: Array) -> object:
        x, w, b = (array.astype(np.longdouble) for array in (x, w, b))
        return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.astype(x.dtype).sum(axis=0))

    layer = Layer("long double", vjp)  # type: ignore[arg-type]
    seventh = np.array([[1 / 7]])
    point = Operands(seventh, seventh, seventh[0], seventh)
    PROPERTIES["rounding_stays_within_the_bound"](layer, Case(point, point))
    assert search(PROPERTIES["rounding_stays_within_the_bound"], layer).status == "held"


def test_a_failure_that_does_not_repeat_is_still_falsified() -> None:
    """A layer that is wrong on one call of seven is wrong."""
    calls = count()
    layer = _layer(lambda x, g: x.T @ g + (next(calls) % 7 == 0))
    outcome = search(PROPERTIES["dw_is_xt_dout"], layer)
    assert outcome.status == "falsified"
    assert "but should be" in str(outcome.error)


def test_the_counterexample_replays() -> None:
    """The case that is reported is a case that fails."""
    layer = _layer(lambda x, g: x.T @ g / max(len(x), 1))
    outcome = search(PROPERTIES["dw_is_xt_dout"], layer)
    assert outcome.counterexample is not None
    with pytest.raises(Violation) as caught:
        PROPERTIES["dw_is_xt_dout"](layer, outcome.counterexample)
    assert str(caught.value) == str(outcome.error)


def test_crops_are_corners_and_keep_the_layout() -> None:
    """Every crop is a smaller view of the same arrays."""
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    point = Operands(x, np.ones((3, 2)), np.ones(2), np.ones((2, 2)))
    for crop in Case(point, point).crops():
        assert np.shares_memory(crop.primal.x, x)
        assert crop.primal.x.strides == x.strides
        assert sum(crop.primal.sizes) < sum(point.sizes)
