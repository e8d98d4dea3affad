"""A diagnosis survives layers that end, raise, or take their time."""

import time
from itertools import count, product
from typing import Any

import numpy as np
import pytest

from affine.checker.diagnosis import MISTAKES, diagnose
from affine.layer import Case, Operands, WorkerDied
from tests.formula_layers import named, pullback_layer, right_gradients, wrong_layer


def test_a_layer_that_ends_is_called_once() -> None:
    calls = count()

    def forward(x: Any, w: Any, b: Any) -> Any:
        next(calls)
        raise WorkerDied("it hung")

    assert named(pullback_layer(right_gradients, forward)) == "process-ended"
    assert next(calls) == 1


@pytest.mark.parametrize("error", [SystemExit(3), RuntimeError("no"), MemoryError()])
def test_exceptions_are_told(error: BaseException) -> None:
    def forward(x: Any, w: Any, b: Any) -> Any:
        raise error

    found = diagnose(pullback_layer(right_gradients, forward), "")
    assert found.mistake == MISTAKES["raises"]
    assert "at every size that was tried" in found.sentence


def test_a_slow_layer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affine.checker.diagnosis.examination._PATIENCE", 0.2)

    def forward(x: Any, w: Any, b: Any) -> Any:
        time.sleep(0.02)
        return x @ w + b + np.cos(x).sum()

    assert "time ran out" in diagnose(pullback_layer(right_gradients, forward), "out").sentence


def test_the_mathematics_alone_does_not_need_the_case() -> None:
    """The case is one more probe: a wrong dtype or a layout of it changes nothing."""
    layer = wrong_layer(dw="x.T @ dout / n")
    for dtype, order in product(("float16", "float32", "float64"), ("C", "F")):
        point = Operands(np.ones((2, 3)), np.ones((3, 2)), np.ones(2), np.ones((2, 2)))
        point = point.map(lambda array: np.array(array, dtype, order=order))  # type: ignore[call-overload] # noqa: B023
        assert diagnose(layer, "dw", None, Case(point, point)).mistake is not None


def test_a_result_may_be_too_small_to_divide_by() -> None:
    """Such as a db that was never written to, and is whatever was in memory."""
    found = diagnose(wrong_layer(db="dout.sum(axis=0) if m > 1 else np.full(1, 1e-310)"), "db")
    assert found.sentence.startswith("Where M = 1, your db is 1e-310 * np.ones(M): ")
