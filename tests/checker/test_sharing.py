"""Calls of several properties are made once, and say what they would have said by themselves."""

from itertools import count

import numpy as np
import pytest

from affine.checker.search import sharing_calls
from affine.layer import Array, Case, Layer, Operands, Pullback
from affine.properties import PROPERTIES

X, W, B = np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.arange(2.0)
POINT = Operands(X, W, B, X @ W)
CASE = Case(POINT, POINT.map(lambda array: array + 1), selector=3)


class Counted:
    """A right layer, how often it was called, and its batches, as another process answers them."""

    def __init__(self) -> None:
        self.calls = 0
        plain = Layer("right", self._vjp)
        self.layer = Layer(
            "right", self._vjp, batch=lambda calls: plain.results_of(calls), is_private=True
        )

    def _vjp(self, x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        self.calls += 1
        return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.sum(axis=0))


def test_equal_arguments_are_one_call() -> None:
    """Also of other arrays with the same entries; other entries are another call."""
    counted = Counted()
    shared = sharing_calls(counted.layer)
    first = shared.results(*POINT)
    assert counted.calls == 1
    assert np.array_equal(shared.results(*POINT.map(np.copy))["dw"], first["dw"])
    assert np.array_equal(shared.forward(X.copy(), W, B), first["out"])
    assert counted.calls == 1
    shared.results(X, W, B, X @ W + 1)
    assert counted.calls == 2


def test_a_forward_pass_alone_has_no_gradients() -> None:
    """Even where both passes have been made with these arguments."""
    shared = sharing_calls(Counted().layer)
    both, forward = shared.results_of([POINT, POINT[:3]])
    assert sorted(both) == ["db", "dw", "dx", "out"]
    assert sorted(forward) == ["out"]


def test_repeated_and_known_calls_keep_their_places() -> None:
    """Each gets the results of its own arguments, in the order that was asked for."""
    shared = sharing_calls(Counted().layer)
    shared.forward(X, W, B + 3)
    biases = [0, 3, 1, 0, 3, 2, 1]
    got = [results["out"][0, 0] for results in shared.results_of((X, W, B + k) for k in biases)]
    assert got == [(X @ W + B)[0, 0] + k for k in biases]


def test_what_is_planned_is_called_at_once() -> None:
    """Then the properties make no call of their own, and hold."""
    counted = Counted()
    names = "dx_is_dout_wt", "dw_is_xt_dout", "forward_is_affine_in_each_argument"
    planned = [(PROPERTIES[name], CASE) for name in names]
    shared = sharing_calls(counted.layer, planned)
    before = counted.calls
    for tested, case in planned:
        tested(shared, case)
    assert counted.calls == before == 11


def test_what_raises_raises_where_its_turn_comes() -> None:
    """Planning hides no exception."""
    calls = count()

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        next(calls)
        raise ZeroDivisionError("on purpose")

    plain = Layer("raises", vjp)
    layer = Layer("raises", vjp, batch=plain.results_of, is_private=True)
    tested = PROPERTIES["dw_is_xt_dout"]
    shared = sharing_calls(layer, [(tested, CASE)])
    with pytest.raises(ZeroDivisionError):
        tested(shared, CASE)
    assert next(calls) == 2
