"""What a diagnosis says is true: the case it holds in, the format, the cause."""

from dataclasses import replace

import numpy as np
import pytest

from affine.checker.diagnosis import MISTAKES, diagnose
from affine.checker.reading import load
from affine.layer import Array, Case, Layer, Operands
from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS
from tests.formula_layers import pullback_layer, right_gradients, wrong_layer

_NOISE = np.random.default_rng(0)


def _to_bfloat16(array: Array) -> Array:
    bits = array.astype(np.float32).view(np.uint32)
    bits = bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))
    return (bits & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


def _bfloat16_product(x: Array, w: Array, b: Array) -> Array:
    return _to_bfloat16(_to_bfloat16(x) @ _to_bfloat16(w)) + b


def _half_of_single(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    if dout.dtype != np.float32:
        return right_gradients(dout, x, w)
    narrow = dout.astype(np.float16).astype(np.float32)
    return right_gradients(narrow, x, w)


NARROWER: dict[str, tuple[Layer, str, str]] = {
    "all of it": (
        pullback_layer(right_gradients, _bfloat16_product), "out",
        "Your out is computed in bfloat16",
    ),
    "what is kept": (
        wrong_layer(out="x @ w.astype('f4').astype('f8') + b"), "out",
        "In your out, W is rounded to float32.",
    ),
    "for one format": (
        pullback_layer(_half_of_single), "dw",
        "With arguments in float32, in your dw, dout is rounded to float16.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NARROWER)
def test_a_narrower_format_is_told_with_what_passes_through_it(name: str) -> None:
    layer, quantity, says = NARROWER[name]
    ones = Operands(np.ones((2, 3)), np.ones((3, 4)), np.ones(4), np.ones((2, 4)))
    point = ones.map(lambda array: array.astype(np.float32))
    case = Case(point, point) if name == "for one format" else Case(ones, ones)
    found = diagnose(layer, quantity, None, case)
    assert found.mistake == MISTAKES["lower-precision"], found
    assert says in found.sentence


def _divided_in_place(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    dout /= len(x)
    return right_gradients(dout, x, w)


@pytest.mark.parametrize(
    "failed",
    [
        "memory_layout_does_not_matter",
        "read_only_arguments_are_enough",
        "arguments_are_not_modified",
    ],
)
def test_a_write_is_the_cause_wherever_it_shows(failed: str) -> None:
    found = diagnose(pullback_layer(_divided_in_place), "", PROPERTIES[failed])
    assert found.mistake == MISTAKES["arguments-modified"]
    assert found.quantities == ("dout",)


def _noisy(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    dx, dw, db = right_gradients(dout, x, w)
    return dx, dw * (1 + 1e-9 * _NOISE.random()), db


@pytest.mark.parametrize(
    "failed",
    [
        "memory_layout_does_not_matter",
        "the_same_array_twice_behaves_like_copies",
        "updated_parameters_are_seen",
    ],
)
def test_a_layer_whose_equal_calls_differ_is_told_nothing_else(failed: str) -> None:
    assert (
        diagnose(pullback_layer(_noisy), "", PROPERTIES[failed]).mistake
        == MISTAKES["not-deterministic"]
    )


def test_the_format_of_the_arguments_is_no_mistake() -> None:
    """A layer that is wrong for equal rows is right, in float32, on those of the diagnosis."""
    layer = load(str(WRONG_LAYERS / "equal_rows_merged.py"))
    point = Operands(np.ones((2, 1)), np.ones((1, 2)), np.array([1.0, 2.0]), np.ones((2, 2)))
    point = point.map(lambda array: array.astype(np.float32))
    assert diagnose(layer, "out", None, Case(point, point)).mistake is None


def test_float32_inside_is_no_scaling_on_the_way() -> None:
    layer = wrong_layer(db="dout.astype('f4').sum(axis=0)")
    found = diagnose(layer, "", PROPERTIES["powers_of_two_scale_through"])
    assert found.mistake != MISTAKES["overflow-on-the-way"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("dout.sum(axis=0) if n > 1 else dout.sum()", "Where N = 1, your db is dout.sum()"),
        ("dout.sum(axis=0) / (n if m == 1 else 1)", "Where M = 1, your db is dout.sum(axis=0) / N"),
    ],
)
def test_a_formula_of_one_case_is_told_with_it(code: str, says: str) -> None:
    assert diagnose(wrong_layer(db=code), "db").sentence.startswith(says)


def test_the_jvp_of_a_wrong_forward_pass_has_its_mistake() -> None:
    rectified = wrong_layer(
        out="np.maximum(x @ w + b, 0)", dx="(dout * (x @ w + b > 0)) @ w.T",
        dw="x.T @ (dout * (x @ w + b > 0))", db="(dout * (x @ w + b > 0)).sum(axis=0)",
    )  # fmt: skip

    def jvp(x: Array, w: Array, x_dot: Array, w_dot: Array, b_dot: Array) -> Array:
        return np.asarray((x_dot @ w + x @ w_dot + b_dot) * (x @ w > 0))

    found = diagnose(
        replace(rectified, variants={"jvp": jvp}),
        "",
        PROPERTIES["jvp_is_the_sum_of_its_three_terms"],
    )
    assert found.mistake is not None
    assert found.mistake.name == "activation-fused", found
