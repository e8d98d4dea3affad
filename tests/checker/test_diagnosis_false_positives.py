"""Nothing is named that was not verified: right layers, near misses, several mistakes at once."""

from random import Random
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator

from affine.checker.diagnosis import diagnose
from affine.checker.diagnosis.catalogue import formulas
from affine.checker.diagnosis.examination import Trial
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.probe import standard
from affine.checker.reading import load
from affine.layer import Array
from affine.properties import PROPERTIES
from affine.quantities import QUANTITIES
from tests.conftest import PROFILE, sampled
from tests.formula_layers import (
    FORMULAS,
    is_right,
    named,
    names_of,
    pullback_layer,
    wrong_layer,
)

NIGHTLY = PROFILE == "nightly"


def running_sum(rows: Any) -> Any:
    total = np.zeros(rows.shape[1:], rows.dtype)
    for row in rows:
        total = total + row
    return total


RIGHT_LAYERS = {
    "reference": load("affine"),
    "einsum": wrong_layer(
        out="np.einsum('nd,dm->nm', x, w) + b", dx="np.einsum('nm,dm->nd', dout, w)",
        dw="np.einsum('nd,nm->dm', x, dout)", db="np.einsum('nm->m', dout)",
    ),
    "mean times N": wrong_layer(db="dout.mean(axis=0) * n", dw="n * (x.T @ (dout / n))"),
    "outer products": wrong_layer(dw="(x[:, :, None] * dout[:, None, :]).sum(axis=0)"),
    "more precision": wrong_layer(
        dw="x.T.astype('g') @ dout.astype('g')", db="dout.sum(axis=0, dtype='g')"
    ),
    "loop": pullback_layer(
        lambda dout, x, w: (
            dout @ w.T, running_sum(x[:, :, None] * dout[:, None, :]), running_sum(dout),
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sampled(list(RIGHT_LAYERS), 2))
def test_nothing_is_named_for_a_right_layer(name: str) -> None:
    for quantity in ("", *QUANTITIES, "gradients"):
        assert named(RIGHT_LAYERS[name], quantity) == ""


@pytest.mark.parametrize("step", sampled([6, 1], 2))
def test_no_property_makes_the_reference_wrong(step: int) -> None:
    for name in list(PROPERTIES)[::step]:
        assert named(load("affine"), "", name) == ""


NEAR_MISSES = {
    "random numbers": "np.random.default_rng(0).normal(size=w.shape)",
    "an entry in the middle": "x.T @ dout + (np.arange(d * m).reshape(d, m) == 2)",
    "a soft threshold": "(lambda g: np.sign(g) * np.maximum(abs(g) - 0.5, 0))(x.T @ dout)",
    "two products": "x.T @ dout + x.T @ (dout * dout) * 0.5 + 0.25 * w",
    "a mask at two": "(x.T @ dout) * (w > 2)",
    "two averages": "x.T @ dout / n + np.outer(x.mean(axis=0), dout.mean(axis=0))",
    "averaged for large values": "x.T @ dout / (n if abs(dout).max() > 1e3 else 1)",
    "a wrong sign for large values": "x.T @ dout * np.where(abs(x.T @ dout) > 100, -1, 1)",
}

NEARLY_AVERAGED = {
    "a third where N is small": "x.T @ dout / max(n, 3)",
    "a little more than N": "x.T @ dout / (n + 1e-3)",
    "a logarithm": "x.T @ dout / np.log1p(n)",
}


@pytest.mark.parametrize("name", NEARLY_AVERAGED)
def test_what_is_nearly_an_average_is_not_named_so(name: str) -> None:
    assert named(wrong_layer(dw=NEARLY_AVERAGED[name]), "dw") == "scaled-by-a-varying-number"


@pytest.mark.parametrize("name", sampled(list(NEAR_MISSES), 3))
def test_a_near_miss_is_not_named(name: str) -> None:
    found = diagnose(wrong_layer(dw=NEAR_MISSES[name]), "dw")
    assert found.mistake is None, found
    assert found.sentence.startswith("No known mistake explains this.")
    assert "averaged over the batch" in found.ruled_out


@pytest.mark.parametrize("number", sampled(range(20 if NIGHTLY else 5), 5))
def test_random_wrong_results_are_not_named(number: int) -> None:
    changed = f"np.random.default_rng({number}).integers(0, 2, size=w.shape)"
    assert named(wrong_layer(dw=f"x.T @ dout + {changed}"), "dw") == ""
    assert named(wrong_layer(dw=f"(x.T @ dout) * {changed}"), "dw") == ""


def test_two_mistakes_do_not_hide_each_other() -> None:
    """Each of two results with a formula of its own is explained apart from the other."""
    random = Random(0)
    usable = [(q, k) for q, k in FORMULAS if not is_right(q, k.code)]
    for _ in range(40 if NIGHTLY else 10):
        (one, first), (other, second) = random.sample(usable, 2)
        if one == other:
            continue
        layer = wrong_layer(**{one: first.code, other: second.code})
        for quantity, known in ((one, first), (other, second)):
            found = named(layer, quantity)
            # A forward or backward pass that raises hides what comes after it.
            assert found in {"", "raises"} | names_of(quantity, known.code) | names_of(
                *((other, second.code) if quantity == one else (one, first.code))
            )


@pytest.mark.parametrize("number", sampled(range(40 if NIGHTLY else 10), 4))
def test_two_mistakes_in_one_result_are_not_taken_for_a_third(number: int) -> None:
    halves = [known for known in formulas("dw") if not is_right("dw", known.code)]
    first, second = Random(number).sample(halves, 2)
    code = f"({first.code}) + ({second.code})"
    found = named(wrong_layer(dw=code), "dw")
    assert found in {"", "raises", first.mistake, second.mistake} | names_of("dw", code), code


# ------------------------------------------------------------------ random results

# From few probes, as whatever fits them all fits fewer.
PROBES = standard()[:8]
MANY = 10_000 if NIGHTLY else 200


def noise(right: Array, generator: Generator) -> Array:
    return right + generator.integers(-3, 4, right.shape)


def mask(right: Array, generator: Generator) -> Array:
    return right * generator.integers(0, 2, right.shape)


def not_finite(right: Array, generator: Generator) -> Array:
    """NaN and infinities here and there: nothing else is wrong."""
    special = generator.choice([np.nan, np.inf, -np.inf], right.shape)
    return np.where(generator.random(right.shape) < 0.3, special, right)


def no_number(right: Array, generator: Generator) -> Array:
    return np.full(right.shape, generator.choice([np.nan, np.inf, -np.inf]))


def stale_buffer(right: Array, generator: Generator) -> Array:
    """A buffer that was not cleared holds whatever was there, which 0 times itself may keep."""
    old = generator.choice([0.0, 1e300, np.nan, np.inf, 5e-324], right.shape)
    return right + generator.choice([0.0, 1.0]) * old


def part_of_a_stale_buffer(right: Array, generator: Generator) -> Array:
    return np.where(
        generator.random(right.shape) < 0.5, right, generator.normal(0, 100, right.shape)
    )


KINDS = noise, mask, not_finite, no_number, stale_buffer, part_of_a_stale_buffer


@pytest.mark.parametrize("step", sampled([5, 1], 2))
def test_no_formula_explains_random_results(step: int) -> None:
    """Of any kind, on any quantity; that a result is NaN where a formula is says nothing."""
    for seed in range(0, MANY, step):
        generator = np.random.default_rng(seed)
        quantity, change = list(QUANTITIES)[seed % 4], KINDS[seed // 4 % len(KINDS)]
        with np.errstate(all="ignore"):
            results = [change(probe.right(quantity), generator) for probe in PROBES]
            evidence = [
                Trial.of(probe, quantity, got) for probe, got in zip(PROBES, results, strict=True)
            ]
            assert explanations(quantity, evidence) == [], (seed, change.__name__)


def test_a_stale_buffer_of_a_layer_is_not_named() -> None:
    """It was taken for a norm once: 0 times what a buffer holds is NaN on some probes alone."""
    old = {"x": np.array([[np.nan]])}

    def backward(dout: Any, x: Any, w: Any) -> Any:
        buffer = old["x"] if old["x"].shape == x.shape else np.zeros(x.shape)
        old["x"] = np.full(x.shape, np.nan) if len(x) % 2 else x * 1e300
        return dout @ w.T + 0.0 * buffer, x.T @ dout, dout.sum(axis=0)

    assert named(pullback_layer(backward), "dx") in {"", "not-deterministic", "stale-state"}
