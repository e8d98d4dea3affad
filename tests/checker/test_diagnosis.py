"""Every wrong formula of the catalogue is named, however the layer is written."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from affine.checker.diagnosis import MISTAKES, diagnose
from affine.checker.diagnosis.catalogue import CORRECT, Formula, scales, terms
from affine.checker.reading import layer_from
from affine.equations import EQUATIONS
from affine.quantities import QUANTITIES
from tests.conftest import PROFILE, sampled
from tests.formula_layers import (
    FORMULAS,
    is_right,
    is_scaled,
    named,
    names_of,
    same,
    wrong_layer,
)

BY_MISTAKE: dict[str, list[tuple[str, Formula]]] = {}
for _quantity, _known in FORMULAS:
    BY_MISTAKE.setdefault(_known.mistake, []).append((_quantity, _known))


# ------------------------------------------------------------------ the catalogue


def test_the_catalogue_reads_well() -> None:
    for name, mistake in MISTAKES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert mistake.name == name
        assert mistake.equation in EQUATIONS
        assert mistake.sentence.endswith(".")
        assert mistake.remedy.endswith(".")
        assert not mistake.title.endswith(".")
        assert len(mistake.title) <= 60


def test_averaging_is_told_both_things() -> None:
    remedy = MISTAKES["averaged-over-the-batch"].remedy
    assert "sums (equations dw and db)" in remedy
    assert "--reduction mean" in remedy
    found = diagnose(wrong_layer(dw="x.T @ dout / n"), "dw")
    assert found.sentence == (
        "Your dw is Xᵀ·dout / N: averaged over the batch. "
        "Equation (dw) is Xᵀ·dout, a sum over the data points."
    )


# ------------------------------------------------------------------ formulas

# One formula in eight always, one in three in `.ci/run`, and all at night.
STEPS = sampled([8, 1, 3], 3, 2)


@pytest.mark.parametrize("mistake", sorted(BY_MISTAKE))
@pytest.mark.parametrize("step", STEPS)
def test_every_formula_is_named(mistake: str, step: int) -> None:
    for quantity, known in BY_MISTAKE[mistake][::step]:
        if not is_right(quantity, known.code) and not is_scaled(quantity, known.code):
            found = named(wrong_layer(**{quantity: known.code}), quantity)
            assert found == mistake or found in names_of(quantity, known.code), known.code


@pytest.mark.parametrize("known", sampled(scales(), 4), ids=lambda known: known.code)
def test_every_scale_is_named(known: Formula) -> None:
    for quantity in QUANTITIES:
        if not (quantity == "out" and "dout" in known.code):
            layer = wrong_layer(**{quantity: f"({CORRECT[quantity]}) * ({known.code})"})
            assert named(layer, quantity) == known.mistake


@pytest.mark.parametrize(("factor", "mistake"), [
    ("2", "scaled-by-a-constant"), ("0.5", "scaled-by-a-constant"), ("1/3", "scaled-by-a-constant"),
    ("1e-3", "scaled-by-a-constant"), ("(1 + 1e-9)", "scaled-by-a-constant"),
    ("2 / n", "scaled-by-sizes-and-a-constant"), ("-1 / n", "scaled-by-sizes-and-a-constant"),
    ("0.5 / n", "scaled-by-sizes-and-a-constant"),
])  # fmt: skip
def test_factors_are_found(factor: str, mistake: str) -> None:
    for quantity in QUANTITIES:
        layer = wrong_layer(**{quantity: f"({CORRECT[quantity]}) * {factor}"})
        assert named(layer, quantity) == mistake


FACTORS = (0.01, 0.5, 1, -1, 3) if PROFILE == "nightly" else (0.01, -1)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("step", STEPS)
def test_every_term_is_named(quantity: str, step: int) -> None:
    for known in terms(quantity)[::step]:
        for factor in FACTORS if known.factor is None else (known.factor,):
            code = f"{CORRECT[quantity]} + {factor} * ({known.code})"
            if (quantity == "out" and "dout" in code) or is_right(quantity, code):
                continue
            same_term = {
                other.mistake
                for other in terms(quantity)
                if same(other.code, known.code) and other.factor in (None, factor)
            }
            found = named(wrong_layer(**{quantity: code}), quantity)
            assert found in same_term | names_of(quantity, code), code


@pytest.mark.parametrize(
    "code", ["x_dot @ w + x @ w_dot", "x_dot @ w + b_dot", "x @ w_dot + b_dot"]
)
def test_the_terms_of_a_jvp(code: str) -> None:
    def jvp(x: Any, w: Any, x_dot: Any, w_dot: Any, b_dot: Any) -> Any:
        return eval(code, {}, {"x": x, "w": w, "x_dot": x_dot, "w_dot": w_dot, "b_dot": b_dot})

    layer = replace(wrong_layer(), variants={"jvp": jvp})
    assert named(layer, "out_dot") == "term-of-the-jvp-missing"
    assert named(layer, "", "jvp_is_the_sum_of_its_three_terms") == "term-of-the-jvp-missing"


def test_per_sample_gradients() -> None:
    def per_sample(dout: Any, x: Any, w: Any) -> Any:
        return dout @ w.T, x[:, :, None] * dout[:, None, :] / len(x), dout.copy()

    layer = replace(wrong_layer(), variants={"per_sample_gradients": per_sample})
    assert named(layer, "per-sample dw") == "averaged-over-the-batch"


# ------------------------------------------------------------------ styles


def test_the_style_of_the_code_does_not_matter() -> None:
    def forward(x: Any, w: Any, b: Any) -> Any:
        return np.einsum("nd,dm->nm", x, w) + b

    def backward(dout: Any, x: Any, w: Any) -> Any:
        dw = sum((np.outer(x[i], dout[i]) for i in range(len(x))), np.zeros(w.shape)) / x.shape[0]
        return np.tensordot(dout, w, (1, 1)), dw, np.ones(len(dout)) @ dout / len(dout)

    def cached_forward(x: Any, w: Any, b: Any) -> Any:
        return forward(x, w, b), {"x": x, "w": w}

    def cached_backward(dout: Any, cache: Any) -> Any:
        return backward(dout, cache["x"], cache["w"])

    class Affine:
        def __init__(self, w: Any, b: Any) -> None:
            self.w, self.b = w, b

        def forward(self, x: Any) -> Any:
            self.x = x
            return forward(x, self.w, self.b)

        def backward(self, dout: Any) -> Any:
            dx, self.dW, self.db = backward(dout, self.x, self.w)
            return dx

    styles = [
        SimpleNamespace(forward=forward, backward=backward),
        SimpleNamespace(affine_forward=cached_forward, affine_backward=cached_backward),
        SimpleNamespace(Affine=Affine),
    ]
    for style in styles:
        found = diagnose(layer_from(style, "styled"), "")
        assert found.quantities == ("dw", "db")
        assert found.mistake == MISTAKES["averaged-over-the-batch"]
