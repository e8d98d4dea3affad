"""Failures with one cause are told as one mistake, and each statement is about its own case."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affine.checker import check
from affine.checker.reading import layer_from
from affine.checker.report import Report
from affine.layer import Array, Layer
from tests.conftest import sampled
from tests.formula_layers import pullback_layer, right_gradients, wrong_layer

pytestmark = pytest.mark.usefixtures("few_cases")


def names(report: Report) -> list[str]:
    """Return the mistakes that a report names, `""` for each that it does not."""
    named = [finding.diagnosis and finding.diagnosis.mistake for finding in report.findings]
    return [mistake.name if mistake else "" for mistake in named]


def _divided_in_place(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    dout /= len(x)
    return right_gradients(dout, x, w)


def _x_overwritten(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    dx, dw, db = right_gradients(dout, x, w)
    x[...] = dx
    return x, dw, db


class _OneBuffer:
    """Keeps dx in an array of its own that `out=` takes in C order alone."""

    def __init__(self, w: Array, b: Array) -> None:
        self.w, self.b = w, b
        self.buffer: Array | None = None

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout: Array) -> tuple[Array, Array, Array]:
        if self.buffer is None or self.buffer.shape != self.x.shape:
            self.buffer = np.empty_like(self.x)
        np.dot(dout, self.w.T, out=self.buffer)
        return self.buffer, self.x.T @ dout, dout.sum(axis=0)


class _Stepping:
    """Takes a step on the weights that it was given."""

    def __init__(self, w: Array, b: Array) -> None:
        self.w, self.b = w, b

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout: Array) -> tuple[Array, Array, Array]:
        dx, dw, db = dout @ self.w.T, self.x.T @ dout, dout.sum(axis=0)
        self.w -= 0.1 * dw
        self.b -= 0.1 * db
        return dx, dw, db


def _noisy() -> Layer:
    noise = np.random.default_rng(0)

    def backward(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
        kept = noise.random(dout.shape) > 0.3
        return right_gradients(dout * kept / 0.7, x, w)

    return pullback_layer(backward)


LAYERS: dict[str, tuple[Any, list[str]]] = {
    "a write": (
        pullback_layer(_divided_in_place), ["averaged-over-the-batch", "arguments-modified"],
    ),
    "a result in an argument": (pullback_layer(_x_overwritten), ["arguments-modified"]),
    "a layout and a buffer": (
        _OneBuffer,
        ["buffer-reused", "memory-layout", "one-format-only", "shapes-not-checked"],
    ),
    "an update step": (_Stepping, ["update-step-inside"]),
    "noise": (_noisy(), ["not-deterministic"]),
    "float32 inside": (
        pullback_layer(lambda dout, x, w: right_gradients(*(a.astype("f4") for a in (dout, x, w)))),
        ["lower-precision"],
    ),
    "no known mistake": (wrong_layer(dx="dout @ w.T + dout.sum(axis=1, keepdims=True)"), [""]),
}  # fmt: skip


# What only a library promises.
OF_LIBRARY = {"a layout and a buffer"}


@pytest.mark.parametrize("name", sampled(list(LAYERS), 3))
def test_each_cause_is_told_once(name: str) -> None:
    made, expected = LAYERS[name]
    layer = made if isinstance(made, Layer) else layer_from(made)
    report = check(layer, profile="library" if name in OF_LIBRARY else "textbook")
    assert sorted(names(report)) == sorted(expected)
    for finding in report.findings:
        assert finding.diagnosis is not None
        sentences = finding.diagnosis.sentence.split(". ")
        assert len(sentences) == len(set(sentences))


def test_a_write_that_is_undone_up_to_rounding_is_one_mistake() -> None:
    """On integers it leaves no trace; where an argument is another one too, it is no aliasing."""

    def backward(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
        dout /= len(x)
        dx, dw, db = (each * len(x) for each in right_gradients(dout, x, w))
        dout *= len(x)
        return dx, dw, db

    assert names(check((lambda x, w, b: x @ w + b, backward))) == ["arguments-modified"]


def test_a_layer_that_writes_does_not_change_the_case_that_is_shown() -> None:
    """What was expected is what the equations give for the operands that stand beside it."""
    report = check(pullback_layer(_divided_in_place))
    for finding in report.findings:
        first = finding.outcomes[0]
        assert first.counterexample is not None
        x, w, _, dout = first.counterexample.primal
        expected = {"dx": dout @ w.T, "dw": x.T @ dout, "db": dout.sum(axis=0), "dout": dout}
        should = np.asarray(first.error.expected, float)  # type: ignore[union-attr]
        assert np.array_equal(expected[first.error.quantity], should)  # type: ignore[union-attr]


def test_another_way_to_call_a_layer_has_a_cause_of_its_own() -> None:
    """Though shapes are not checked in any case, it is said what was frozen."""

    def refused(x: Array, w: Array, b: Array, dout: Array, needed: Array) -> Any:
        if not needed[1]:
            raise ValueError("not enough values")
        gradients = zip(right_gradients(dout, x, w), needed, strict=True)
        return x @ w + b, *(gradient if asked else None for gradient, asked in gradients)

    layer = replace(wrong_layer(), variants={"with_frozen_operands": refused})
    only = ["wrong_shapes_are_refused", "frozen_operands_change_no_other_result"]
    report = check(layer, profile="framework", only=only)
    assert names(report) == ["shapes-not-checked", "frozen-operands"]
    assert "where W is frozen" in report.findings[1].diagnosis.sentence  # type: ignore[union-attr]


def test_one_line_that_raises_is_one_mistake_whatever_sizes_it_speaks_of() -> None:
    def backward(dout: Array, x: Array, w: Array) -> None:
        raise ValueError(f"no rule for a gradient of shape {dout.shape}")

    report = check((lambda x, w, b: x @ w + b, backward))
    assert names(report) == ["raises"]
