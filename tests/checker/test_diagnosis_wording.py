"""What a diagnosis says is true: the case it holds in, the format, the cause."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affine.checker import check
from affine.checker.diagnosis import MISTAKES, diagnose
from affine.checker.process.worker import Worker
from affine.checker.reading import load
from affine.checker.report import Report
from affine.checker.report.snippet import counterexample
from affine.checker.report.text import text, verdict
from affine.layer import Array, Case, Layer, Operands
from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS
from tests.formula_layers import pullback_layer, right_gradients, wrong_layer

pytestmark = pytest.mark.usefixtures("few_cases")
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
    """A layer that is wrong for equal rows is right, in float32, where rows differ."""
    layer = load(str(WRONG_LAYERS / "equal_rows_merged.py"))
    point = Operands(np.ones((2, 1)), np.ones((1, 2)), np.array([1.0, 2.0]), np.ones((2, 2)))
    point = point.map(lambda array: array.astype(np.float32))
    mistake = diagnose(layer, "out", None, Case(point, point)).mistake
    assert mistake is not None
    assert mistake.name == "bias-in-part"


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


# ------------------------------------------------------------------ averages


def held_to_averages(dw: str, db: str) -> Report:
    return check(wrong_layer(dw=dw, db=db), reduction="mean", budget=60.0)


@pytest.mark.parametrize(
    ("dw", "db", "says"),
    [
        (
            "x.T @ dout", "dout.mean(axis=0)",
            ["Your dw is Xᵀ·dout: not averaged over the batch. With --reduction mean, dw is"],
        ),
        (
            "x.T @ dout / n", "dout.sum(axis=0)",
            ["Your db is dout.sum(axis=0): not averaged over the batch."],
        ),
        (
            "2 * (x.T @ dout) / n", "4 / n * dout.sum(axis=0)",
            [
                "Your dw is 2 * (Xᵀ·dout) / N: scaled by a constant.",
                "Your db is 4 * dout.sum(axis=0) / N: scaled by a constant.",
            ],
        ),
        (
            "x.T @ dout / (n * n)", "dout.mean(axis=0)",
            ["Your dw is Xᵀ·dout / (N * N): averaged over the batch twice."],
        ),
        (
            "x.T @ dout / n", "dout.mean(axis=1)",
            ["Your db is dout.mean(axis=1): summed over the wrong axis."],
        ),
    ],
)  # fmt: skip
def test_a_layer_held_to_averages_is_told_its_own_formula(
    dw: str, db: str, says: list[str]
) -> None:
    """Not that of the sums that its averages stand for."""
    report = held_to_averages(dw, db)
    told = " ".join(each.diagnosis.sentence for each in report.findings if each.diagnosis)
    assert report.verdict == "fail"
    for sentence in says:
        assert sentence in told


def test_a_layer_that_only_sums_is_told_that_it_averages_nothing() -> None:
    report = held_to_averages("x.T @ dout", "dout.sum(axis=0)")
    (found,) = report.findings
    assert found.diagnosis is not None
    assert found.diagnosis.mistake is not None
    assert found.diagnosis.mistake.name == "not-averaged"
    assert "without the option the layer is right" in found.diagnosis.sentence


@pytest.mark.parametrize(
    ("codes", "reduction", "says", "absent"),
    [
        ({"dw": "n * (x.T @ dout)", "db": "dout.mean(axis=0)"}, "mean",
         ["Write dw = Xᵀ·dout / N.", "(average)", "N·dout is given for dout"],
         ["Drop the factor", "(dw)  dW = "]),
        ({"dx": "dout @ w.T / n", "dw": "x.T @ dout / n", "db": "dout.mean(axis=0)"}, "mean",
         ["Write dx = dout·Wᵀ.", "(dx)  dX = "],
         ["are sums", "(per-sample-sum)", "N·dout is given"]),
        ({"dx": "dout @ w.T / n"}, "sum", ["Write dx = dout·Wᵀ."], ["dW", "(per-sample-sum)"]),
        ({"dw": "x.T @ dout / n"}, "sum", ["Drop the division", "(per-sample-sum)"], ["Write"]),
    ],
)  # fmt: skip
def test_remedy_and_equations_are_of_what_is_wrong_and_of_the_reduction(
    codes: dict[str, str], reduction: Any, says: list[str], absent: list[str]
) -> None:
    report = check(wrong_layer(**codes), reduction=reduction, budget=60.0)
    assert len(report.findings) == 1
    said = text(report, width=10_000).partition("What each step")[0]
    assert [words for words in says if words not in said] == []
    assert [words for words in absent if words in said] == []


def test_what_was_observed_is_said_in_the_numbers_of_the_case() -> None:
    """Also of dx under averages, which the properties see divided by N."""
    report = check(wrong_layer(dx="2 * dout @ w.T", dw="x.T @ dout / n", db="dout.mean(axis=0)"),
                   reduction="mean", budget=60.0)  # fmt: skip
    outcome = report.findings[0].outcomes[0]
    shown = counterexample(outcome, "mean")
    assert shown is not None
    got, expected = shown.violation.got, shown.violation.expected
    at = np.argwhere(got != expected)[0]
    assert f"] = {got[tuple(at)]}, but should be {expected[tuple(at)]}" in text(report)


def test_what_has_no_name_is_said_last() -> None:
    """And the title begins with the first mistake of the body."""
    odd = "dout @ w.T + dout.sum(axis=1, keepdims=True)"
    report = check(wrong_layer(dx=odd, db="dout.sum(axis=0) / n"), budget=60.0)
    named = [bool(each.diagnosis and each.diagnosis.mistake) for each in report.findings]
    assert named == sorted(named, reverse=True)
    assert named[0]
    assert not named[-1]
    assert report.findings[0].diagnosis is not None
    assert report.findings[0].diagnosis.mistake is not None
    assert verdict(report).startswith(f"FAIL wrong: {report.findings[0].diagnosis.mistake.title}")


# ------------------------------------------------------------------ what is not there yet

_NOT_YET: dict[str, tuple[str, str]] = {
    "all None": (
        "return None, lambda dout: (None, None, None)",
        "The layer is not written yet: out, dx, dw and db are None.",
    ),
    "forward raises": (
        "raise NotImplementedError",
        "The forward pass is not written yet: it raises NotImplementedError.",
    ),
    "backward raises": (
        "def pullback(dout):\n        raise NotImplementedError('yours')\n"
        "    return x @ w + b, pullback",
        "The backward pass is not written yet: it raises NotImplementedError.",
    ),
    "backward None": (
        "return x @ w + b, lambda dout: (None, None, None)",
        "The backward pass is not written yet: dx, dw and db are None.",
    ),
}


@pytest.mark.parametrize("name", _NOT_YET)
def test_a_pass_that_is_still_to_be_written_is_all_that_is_told(name: str) -> None:
    code, says = _NOT_YET[name]
    namespace: dict[str, Any] = {}
    exec(f"def vjp(x, w, b):\n    {code}", namespace)
    report = check(Layer("mine", namespace["vjp"]))
    assert report.verdict == "fail"
    assert [each.diagnosis.sentence for each in report.findings if each.diagnosis] == [says]
    assert [step.name for step in report.steps] == ["mutation check"]


def test_a_function_that_only_passes_is_still_to_be_written(tmp_path: Path) -> None:
    """In the process of the target, where it returns None in place of three gradients."""
    target = tmp_path / "starter.py"
    target.write_text("def forward(x, w, b):\n    pass\n\ndef backward(dout, x, w):\n    pass\n")
    for layer in (load(str(target)), Worker(str(target)).layer):
        (found,) = check(layer).findings
        assert found.diagnosis is not None
        assert found.diagnosis.sentence.startswith("The layer is not written yet")


def test_what_is_wrong_beside_a_missing_pass_is_told_too() -> None:
    layer = Layer("mine", lambda x, w, b: (2 * x @ w + b, lambda dout: (None, None, None)))
    report = check(layer, budget=60.0)
    titles = [each.diagnosis.mistake for each in report.findings if each.diagnosis]
    assert len(report.steps) > 1
    assert len(titles) > 1


# ------------------------------------------------------------------ one row, one part


def test_a_sum_over_the_wrong_axis_is_told_where_a_row_was_read_as_a_vector() -> None:
    """A bias of shape (1, M) is read as (M,): so is a db of one row."""
    code = "dout.sum(axis=1, keepdims=True) if n > 1 else dout.sum(axis=1)"
    found = diagnose(wrong_layer(db=code), "db")
    assert found.sentence.startswith(
        "Your db is dout.sum(axis=1, keepdims=True): summed over the wrong axis."
    )


def test_a_bias_that_is_added_once_for_each_part_is_told() -> None:
    """Where there is one part alone, the layer is right."""
    found = diagnose(wrong_layer(out="x @ w + b * (2 if d > 1 else 1)"), "out")
    assert found.sentence.startswith("Where D > 1, your out is X·W + 2 * b: the bias is added")


def test_where_calls_raise_it_is_not_said_where_alone_a_result_is_wrong() -> None:
    """Right for four data points, into which one is broadcast; others do not fit."""
    buffered = "np.copyto(out := np.zeros((4, w.shape[1])), x @ w + b) or out"
    found = diagnose(wrong_layer(out=buffered), "out")
    assert found.mistake is None
    assert "Your out is wrong in some calls, and others raise." in found.sentence


def _for_one_output(x: Array, w: Array, b: Array) -> Array:
    if len(b) > 1:
        raise ValueError("more than one")
    return x @ w + b


def _for_one_data_point(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    if len(x) > 1:
        raise ValueError("more than one")
    dx, dw, db = right_gradients(dout, x, w)
    return dx, dw, db * (dw.any() or dx.any())


def test_of_two_passes_that_raise_it_is_said_where_each_does() -> None:
    layer = pullback_layer(_for_one_data_point, _for_one_output)
    sentence = diagnose(layer, "").sentence
    assert sentence.startswith("The forward pass raises ValueError")
    assert sentence.endswith("where M > 1.")
    only_backward = diagnose(pullback_layer(_for_one_data_point), "").sentence
    assert only_backward.startswith("The backward pass raises ValueError")
    assert only_backward.endswith("where N > 1.")


def test_what_came_back_wrong_is_not_said_to_raise() -> None:
    """As the layer does in most other calls, where nothing comes back."""
    layer = pullback_layer(_for_one_data_point, _for_one_output)
    zeros = Operands.of_sizes((1, 1, 1), np.zeros)
    tested = PROPERTIES["one_hot_dout_reads_off_the_jacobians"]
    found = diagnose(layer, "db", tested, Case(zeros, zeros))
    assert found.mistake is None, found
    assert "raises" not in found.sentence
