"""A search shrinks what it finds, sees every way to fail, and makes equal calls once."""

from itertools import count

import numpy as np
import pytest

from affine.checker.search import search, with_cached_calls
from affine.checker.shrinking import crops
from affine.layer import Array, Case, Layer, Operands, Pullback
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
    for crop in crops(Case(point, point)):
        assert np.shares_memory(crop.primal.x, x)
        assert crop.primal.x.strides == x.strides
        assert sum(crop.primal.sizes) < sum(point.sizes)


# ------------------------------------------------------------------ shared calls


X, W, B = np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.arange(2.0)
POINT = Operands(X, W, B, X @ W)
CASE = Case(POINT, POINT.map(lambda array: array + 1), selector=3)


class Counted:
    """A right layer, how often it was called, and its batches, as another process answers them."""

    def __init__(self) -> None:
        self.calls = 0
        plain = Layer("right", self._vjp)
        self.layer = Layer(
            "right", self._vjp, batch=lambda calls: plain.results_of(calls), copies_arguments=True
        )

    def _vjp(self, x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        self.calls += 1
        return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.sum(axis=0))


def test_equal_arguments_are_one_call() -> None:
    """Also of other arrays with the same entries; other entries are another call."""
    counted = Counted()
    shared = with_cached_calls(counted.layer)
    first = shared.results(*POINT)
    assert counted.calls == 1
    assert np.array_equal(shared.results(*POINT.map(np.copy))["dw"], first["dw"])
    assert np.array_equal(shared.forward(X.copy(), W, B), first["out"])
    assert counted.calls == 1
    shared.results(X, W, B, X @ W + 1)
    assert counted.calls == 2


def test_a_forward_pass_alone_has_no_gradients() -> None:
    """Even where both passes have been made with these arguments."""
    shared = with_cached_calls(Counted().layer)
    both, forward = shared.results_of([POINT, POINT[:3]])
    assert sorted(both) == ["db", "dw", "dx", "out"]
    assert sorted(forward) == ["out"]


def test_repeated_and_known_calls_keep_their_places() -> None:
    """Each gets the results of its own arguments, in the order that was asked for."""
    shared = with_cached_calls(Counted().layer)
    shared.forward(X, W, B + 3)
    biases = [0, 3, 1, 0, 3, 2, 1]
    got = [results["out"][0, 0] for results in shared.results_of((X, W, B + k) for k in biases)]
    assert got == [(X @ W + B)[0, 0] + k for k in biases]


def test_what_is_planned_is_called_at_once() -> None:
    """Then the properties make no call of their own, and hold."""
    counted = Counted()
    names = "dx_is_dout_wt", "dw_is_xt_dout", "forward_is_affine_in_each_argument"
    planned = [(PROPERTIES[name], CASE) for name in names]
    shared = with_cached_calls(counted.layer, planned)
    before = counted.calls
    for tested, case in planned:
        tested(shared, case)
    assert counted.calls == before == 10  # the forward pass at the point is no call of its own


def test_what_raises_raises_where_its_turn_comes() -> None:
    """Planning hides no exception."""
    calls = count()

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        next(calls)
        raise ZeroDivisionError("on purpose")

    plain = Layer("raises", vjp)
    layer = Layer("raises", vjp, batch=plain.results_of, copies_arguments=True)
    tested = PROPERTIES["dw_is_xt_dout"]
    shared = with_cached_calls(layer, [(tested, CASE)])
    with pytest.raises(ZeroDivisionError):
        tested(shared, CASE)
    assert next(calls) == 2
