"""Layers that take few dtypes, or show their gradients as steps: judged as what they are."""

from typing import Any

import numpy as np
import pytest

from affine.checker import Profile, Reduction, check
from affine.checker.diagnosis import diagnose
from affine.checker.reduction import forgive_steps, with_limits
from affine.checker.report import Outcome, Report
from affine.checker.report.snippet import REPLAYS, snippet
from affine.layer import Array, Case, Layer, Operands, Pullback
from affine.oracle import Violation
from affine.properties import PROPERTIES
from tests.conftest import sampled
from tests.formula_layers import right_gradients
from tests.step_layers import (
    averaged,
    by_einsum,
    from_the_last,
    in_blocks,
    of_scaled_dout,
    plain,
    row_by_row,
    step_layer,
)

pytestmark = pytest.mark.usefixtures("few_cases")


def failures(report: Report) -> list[tuple[str, str]]:
    found = [(each.name, str(each.error)) for each in report.outcomes if each.error is not None]
    return [*found, ("no verdict", report.error_message)] if report.error_message else found


def cause(report: Report) -> str:
    """Return the name of the first mistake that was found."""
    assert report.verdict == "fail", report
    diagnosis = report.findings[0].diagnosis
    return diagnosis.mistake.name if diagnosis and diagnosis.mistake else "nothing"


# ------------------------------------------------------------------ dtypes


def only(dtype: str, backward: Any = right_gradients) -> Layer:
    """Return a layer that refuses every other dtype."""

    def accept(*arrays: Array) -> None:
        for array in arrays:
            assert array.dtype == dtype, f"it was given {array.dtype}"

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        accept(x, w, b)
        assert x.shape[1:] == w.shape[:1]
        assert b.shape == w.shape[1:]
        out = x @ w + b

        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            accept(dout)
            assert dout.shape == out.shape
            dx, dw, db = backward(dout, x, w)
            return dx, dw, db

        return out, pullback

    return Layer("mine", vjp, dtypes=(dtype,))


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize("profile", sampled(["framework", "textbook"], 2))
def test_a_layer_of_one_dtype_is_judged_in_it(dtype: str, profile: Profile, seed: int) -> None:
    """No step hands it anything else, and the report says so."""
    report = check(only(dtype), profile=profile, seed=seed, budget=60.0)
    assert report.verdict == "pass", failures(report)
    assert report.notes[0] == f"judged in {dtype}: the layer takes, or computes in, no other"
    assert report.certificate is not None
    assert report.certificate.limit == {"float64": 1000, "float32": 64, "float16": 8}[dtype]
    unseen = {each.name: each.reason for each in report.outcomes if not each.cases}
    if profile == "framework":
        assert unseen["dtypes_follow_promotion"] == f"the layer takes {dtype} only"
    assert "sizes_around_blocks_are_no_exception" not in unseen
    assert "two_layers_compose_into_one" not in unseen


WRONG = {
    "averaged-over-the-batch": lambda g, x, w: (g @ w.T, x.T @ g / np.float32(len(x)), g.sum(0)),
    "scaled-by-a-constant": lambda g, x, w: (g @ w.T, np.float32(0.3) * (x.T @ g), g.sum(0)),
    "clipped": lambda g, x, w: (g @ w.T, np.clip(x.T @ g, -5, 5), g.sum(0)),
    "result-transposed": lambda g, x, w: (g @ w.T, g.T @ x, g.sum(0)),
    "regulariser": lambda g, x, w: (g @ w.T, x.T @ g + np.float32(0.5) * w, g.sum(0)),
    "lower-precision": lambda g, x, w: (
        g @ w.T, x.T @ g.astype("f2").astype("f4"), g.sum(0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sampled(list(WRONG), 4, 2))
def test_a_mistake_of_a_layer_of_one_dtype_is_named(name: str) -> None:
    """On probes of that dtype, none of which the layer refuses."""
    assert cause(check(only("float32", WRONG[name]), budget=60.0)) == name


def test_a_cache_of_a_layer_of_one_dtype_is_seen_to_be_stale() -> None:
    """Also by the detectors, which lend it arrays of its dtype."""
    kept: dict[str, Array] = {}
    layer = only("float32", lambda g, x, w: right_gradients(g, kept["x"], w))
    function = layer.vjp

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        kept["x"] = x
        return function(x, w, b)

    assert cause(check(Layer("mine", vjp, dtypes=("float32",)), budget=60.0)) == "stale-state"


def test_two_dtypes_are_both_tried() -> None:
    observed = set()

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        observed.add(x.dtype.name)
        return x @ w + b, lambda dout: right_gradients(dout, x, w)

    report = check(Layer("mine", vjp, dtypes=("float16", "float32")), budget=60.0)
    assert report.verdict == "pass", failures(report)
    assert observed == {"float16", "float32"}
    assert (
        "judged in float16 and float32: the layer takes, or computes in, no other" in report.notes
    )


# ------------------------------------------------------------------ steps

RIGHT: list[tuple[Layer, Reduction]] = [
    *((step_layer(sums), "sum") for sums in (plain, in_blocks, row_by_row, by_einsum)),
    (step_layer(from_the_last), "sum"),
    (step_layer(in_blocks, dtypes=("float32",)), "sum"),
    (step_layer(averaged(plain)), "mean"),
    (step_layer(averaged(in_blocks)), "mean"),
    (step_layer(of_scaled_dout), "mean"),
    (step_layer(averaged(plain), dtypes=("float32",)), "mean"),
]


@pytest.mark.parametrize("profile", sampled(["framework", "library", "textbook"], 3, 2))
@pytest.mark.parametrize("number", sampled(range(len(RIGHT)), 8, 4))
def test_a_right_layer_seen_by_steps_passes(number: int, profile: Profile, seed: int) -> None:
    """What the steps round is no mistake, with averages and without."""
    layer, reduction = RIGHT[number]
    report = check(layer, profile=profile, reduction=reduction, seed=seed, budget=60.0)
    assert report.verdict == "pass", failures(report)
    vacuous = {each.name for each in report.outcomes if each.status == "not_observable"}
    assert "powers_of_two_scale_through" in vacuous


STALE: dict[str, Array] = {}


def first_of_a_size(x: Array, dout: Array) -> tuple[Array, Array]:
    return plain(STALE.setdefault(str(x.shape), x), dout)


STEPS: dict[str, tuple[Layer, Reduction, str]] = {
    "doubled": (
        step_layer(lambda x, g: (2 * (x.T @ g), g.sum(0))), "sum", "scaled-by-a-constant",
    ),
    "averaged": (step_layer(averaged(plain)), "sum", "averaged-over-the-batch"),
    "not averaged": (
        step_layer(lambda x, g: (x.T @ g, g.mean(0))), "mean", "not-averaged",
    ),
    "transposed on squares": (
        step_layer(lambda x, g: (g.T @ x if x.shape == g.shape else x.T @ g, g.sum(0))), "sum",
        "result-transposed",
    ),
    "bias forgotten": (step_layer(lambda x, g: (x.T @ g, 0 * g.sum(0))), "sum", "always-zero"),
    "clipped": (step_layer(lambda x, g: (np.clip(x.T @ g, -5, 5), g.sum(0))), "sum", "clipped"),
    "stale": (step_layer(first_of_a_size), "sum", "stale-state"),
    "early": (step_layer(early=True), "sum", "updated-too-early"),
    "early, averaged": (step_layer(averaged(plain), early=True), "mean", "updated-too-early"),
    "early, in float32": (
        step_layer(early=True, dtypes=("float32",)), "sum", "updated-too-early",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sampled(list(STEPS), 6, 3))
def test_a_wrong_layer_seen_by_steps_is_found_and_named(name: str) -> None:
    layer, reduction, mistake = STEPS[name]
    STALE.clear()
    assert cause(check(layer, reduction=reduction, budget=60.0)) == mistake


def test_dx_of_the_new_weights_is_told_with_its_formula() -> None:
    found = diagnose(step_layer(early=True), "dx")
    assert found.sentence.startswith("Your dx is dout·(W - Xᵀ·dout)ᵀ: W is updated before dX")
    assert found.mistake is not None
    assert found.mistake.remedy.startswith("Compute dX before the step")


def test_on_integers_nothing_is_forgiven_and_on_reals_no_more_than_a_step_rounds() -> None:
    """One unit in the last place of W is; beyond three of them nothing is."""
    x, w, b, dout = np.full((1, 1), 1 / 3), np.ones((1, 1)), np.ones(1), np.full((1, 1), 0.1)

    def off_by(change: float) -> Any:
        layer = step_layer(lambda x, g: (x.T @ g + change, g.sum(0)))
        return forgive_steps(layer).backward(x, w, b, dout)[1][0, 0]

    unit, right = 2.0**-53, (1 / 3) * 0.1
    assert abs(off_by(unit) - right) < 2.0**-57
    assert abs(off_by(8 * unit) - right) > 4 * unit
    layer = forgive_steps(step_layer(lambda x, g: (x.T @ g + 1, g.sum(0))))
    one = np.ones((1, 1))
    assert layer.backward(one, 2.0**50 * one, one[0], one)[1][0, 0] == 2


def test_a_layer_that_returns_gradients_is_forgiven_nothing() -> None:
    layer = Layer("mine", lambda x, w, b: (x @ w + b, lambda g: right_gradients(g, x, w)))
    assert forgive_steps(layer) is layer
    report = check(layer, only=["powers_of_two_scale_through"])
    assert [each.status for each in report.outcomes] == ["held"]
    assert set(PROPERTIES) >= {each.name for each in report.outcomes}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(REPLAYS))
def test_a_reproduction_hands_over_no_other_dtype(name: str) -> None:
    """The lines of every property that a layer of one dtype can break."""
    layer = only("float32")
    if not PROPERTIES[name].is_observable_on(with_limits(layer)):
        return
    ones = Operands(np.ones((2, 3)), np.ones((3, 4)), np.ones(4), np.ones((2, 4)))
    point = ones.map(lambda array: array.astype("f4"))
    outcome = Outcome(name, "falsified", 1, 0.0, Case(point, point), Violation("made up", "state"))
    names: dict[str, Any] = {"vjp": layer.vjp}
    exec(snippet(outcome), names)  # a right layer: it ends at its end
    assert "got" in names
