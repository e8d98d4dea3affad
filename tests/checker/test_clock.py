"""One clock: calls end when their step has to, and nobody takes that for a mistake."""

import time

import numpy as np
import pytest

from affine.checker import check
from affine.checker.clock import Clock, with_deadline
from affine.layer import Array, Layer, OutOfTime, Pullback

X, W, B = np.eye(2), np.eye(2), np.zeros(2)


def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
    return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.sum(axis=0))


def test_a_call_after_the_end_raises() -> None:
    """Of a step that is over, not of one that follows it."""
    clock = Clock(60)
    layer = with_deadline(Layer("right", vjp), clock)
    with clock.at_most(-1), pytest.raises(OutOfTime, match="the budget of 60 s ran out"):
        layer.forward(X, W, B)
    assert np.array_equal(layer.forward(X, W, B), X)


def test_a_step_has_no_more_than_the_one_around_it() -> None:
    clock = Clock(60)
    with clock.share(0.1):
        least = clock.step_deadline
        with clock.at_most(1000):
            assert clock.step_deadline == least
    assert clock.step_deadline > least


def test_two_calls_that_hang_end_the_check() -> None:
    clock = Clock(60)
    clock.hangs = 2
    with pytest.raises(OutOfTime, match="2 calls were waited for in vain"):
        with_deadline(Layer("right", vjp), clock).forward(X, W, B)


def test_no_handler_of_errors_sees_it() -> None:
    """A property that asks whether a call raises must not take it for an exception."""
    assert not issubclass(OutOfTime, Exception)


def test_a_right_layer_is_never_accused_for_lack_of_time() -> None:
    """Whenever the time runs out."""

    def slow(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        time.sleep(0.001)
        return vjp(x, w, b)

    for budget in (0.001, 0.01, 0.05, 0.2, 0.5, 1.0):
        report = check(Layer("slow", slow), budget=budget)
        assert report.verdict in ("error", "pass"), report.findings
        assert report.verdict == "pass" or "give the check more time" in report.error_message


def test_a_wrong_layer_is_found_in_little_time() -> None:
    """The plainest case comes first, and its evidence is kept."""

    def wrong(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        time.sleep(0.001)
        return x @ w + b, lambda dout: (dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0))

    report = check(Layer("slow", wrong), budget=0.1)
    assert report.verdict == "fail"
    assert report.findings[0].outcomes[0].name == "dw_is_xt_dout"
