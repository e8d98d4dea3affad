"""Layers that are right but in a special case: what they do there is named, or nothing is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from affine.checker.diagnosis import MISTAKES, Diagnosis, diagnose
from affine.checker.diagnosis.conditions import Condition, special_probes
from affine.checker.diagnosis.probe import Probe, distinct_integers
from affine.layer import Array, Case, Layer, Operands
from affine.properties import PROPERTIES
from affine.quantities import QUANTITIES
from tests.conftest import sampled
from tests.formula_layers import pullback_layer, right_gradients, wrong_layer

CONDITIONS = {condition.words: condition for condition, _ in special_probes()}


def layer_where(condition: Condition, quantity: str, wrong: Callable[[Array, Probe], Any]) -> Layer:
    """Return a layer of which one result is wrong where a condition holds, beyond one row."""

    def vjp(x: Array, w: Array, b: Array) -> Any:
        def results(dout: Array) -> dict[str, Any]:
            probe = Probe(Operands(x, w, b, dout))
            right = {name: probe.right(name) for name in QUANTITIES}
            if min(probe.point.sizes) > 1 and condition.holds(probe):
                right[quantity] = wrong(right[quantity], probe)
            return right

        zero = np.zeros((len(x), len(b)))
        return results(zero)["out"], lambda dout: list(results(dout).values())[1:]

    return Layer("special", vjp)


def found_in(words: str, quantity: str, wrong: Callable[[Array, Probe], Any]) -> Diagnosis:
    return diagnose(layer_where(CONDITIONS[words], quantity, wrong), quantity)


@pytest.mark.parametrize(
    ("words", "quantity", "code", "name"),
    [
        ("all rows of X are equal", "dx", "-(dout @ w.T)", "wrong-sign"),
        ("every entry of dout is 1", "dw", "x.T @ dout / n", "averaged-over-the-batch"),
        ("W is the identity matrix", "dx", "np.tile(dout.sum(axis=0), (n, 1)) @ w.T",
         "rows-merged"),
        ("a column of X is 0", "dw", "x[:-1].T @ dout[:-1]", "data-point-left-out"),
        ("two columns of W are equal", "dx", "2 * (dout @ w.T)", "scaled-by-a-constant"),
        ("b is 0", "dw", "x.T @ dout + w", "regulariser"),
    ],
)  # fmt: skip
def test_the_formula_of_a_special_case_is_named(
    words: str, quantity: str, code: str, name: str
) -> None:
    found = found_in(words, quantity, lambda right, probe: probe.value(code))
    assert found.mistake is not None, found
    assert found.mistake.name == name
    assert found.sentence.startswith(f"Where {words}, your {quantity} is ")
    assert found.mistake.remedy.startswith("Compute it as everywhere else")


def test_where_a_formula_fits_is_said_rather_than_where_it_may() -> None:
    """Found on one data point, it is used for every square W, and for no other."""
    code = "x @ w.T + b if d == m else x @ w + b"
    for sizes in ((1, 2, 2), (3, 3, 3)):
        point = distinct_integers(*sizes)
        found = diagnose(wrong_layer(out=code), "out", None, Case(point, point))
        assert found.sentence.startswith("Where D = M, your out is X·Wᵀ + b: ")
    found = diagnose(wrong_layer(db="np.array(dout.squeeze()).sum(axis=0)"), "db")
    assert found.sentence.startswith("In some calls, your db is dout.sum(): ")


@pytest.mark.parametrize("words", sampled(list(CONDITIONS), 12, 4))
@pytest.mark.parametrize("quantity", sampled(["dw", "dx", "db"], 3))
def test_noise_in_a_special_case_is_no_formula(words: str, quantity: str) -> None:
    def noisy(right: Array, probe: Probe) -> Array:
        seed = int(abs(right).sum()) + right.size
        return right + np.random.default_rng(seed).integers(1, 9, right.shape)

    found = found_in(words, quantity, noisy)
    assert found.mistake in (None, MISTAKES["special-case"]), found


@pytest.mark.parametrize("quantity", ["dx", "dw", "db"])
def test_where_the_right_result_is_0_nothing_is_added(quantity: str) -> None:
    """Anything that is returned there is 0 plus itself."""
    found = found_in("dout is 0", quantity, lambda right, probe: right + 1)
    assert found.mistake == MISTAKES["special-case"], found
    assert "only where dout is 0" in found.sentence


# ------------------------------------------------------------------ NaN


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ({"dw": "(x.T @ dout) / w * w"}, "dw is NaN where an entry of W is 0,"),
        ({"dx": "(dout @ w.T) * (x / x)"}, "dx is NaN where an entry of X is 0,"),
        ({"out": "x @ w + b * b / b"}, "out is NaN where an entry of b is 0,"),
        ({"dw": "x.T @ dout / np.abs(x).sum() * np.abs(x).sum()"}, "dw is NaN where X is 0,"),
        (
            {"dx": "(dout / abs(dout).sum(axis=1, keepdims=True)) @ w.T "
             "* abs(dout).sum(axis=1, keepdims=True)"},
            "dx is NaN where a row of dout is 0,",
        ),
        (
            {"dw": "(x.T @ dout) * (w.prod() / w.prod())"},
            "dw is NaN everywhere if one entry of W is 0,",
        ),
    ],
)  # fmt: skip
def test_nan_at_zeros_is_named_with_the_operand(codes: dict[str, str], says: str) -> None:
    found = diagnose(wrong_layer(**codes), next(iter(codes)))
    assert found.mistake is not None, found
    assert found.mistake.name == "nan-at-zeros"
    assert says in found.sentence


@pytest.mark.parametrize(
    "code",
    sampled([
        "np.where(w > 0, x.T @ dout, np.nan)",
        "np.where(abs(w) < 3, np.nan, x.T @ dout)",
        "np.where((w == 0) & (np.arange(m) > 0), np.nan, x.T @ dout)",
        "(x.T @ dout) * np.where(w == 0, 2, 1)",
        "np.where(np.random.default_rng(n).random(w.shape) < 0.3, np.nan, x.T @ dout)",
    ], 5),
)  # fmt: skip
def test_nan_elsewhere_is_not_nan_at_zeros(code: str) -> None:
    found = diagnose(wrong_layer(dw=code), "dw")
    assert found.mistake in (None, MISTAKES["special-case"]), found


# ------------------------------------------------------------------ blocks


@pytest.mark.parametrize(
    ("code", "name", "says"),
    [
        (
            "x[: n - 4].T @ dout[: n - 4] if n % 4 == 0 else x.T @ dout",
            "data-point-left-out", "leaves out the last 4 data points where N is a multiple of 4",
        ),
        (
            "x[: (n - 1) // 8 * 8].T @ dout[: (n - 1) // 8 * 8]",
            "data-point-left-out", "in blocks of 8 and leaves out the last block, full or not",
        ),
        (
            "x[6:].T @ dout[6:] if n % 6 == 0 else x.T @ dout",
            "data-point-left-out", "leaves out the first 6 data points where N is a multiple of 6",
        ),
        (
            "x.T @ dout if n <= 90 else x[: n // 3 * 3].T @ dout[: n // 3 * 3]",
            "blocks-without-the-remainder", "after the last full block, where N > 90",
        ),
        (
            "x.T @ dout * (np.arange(m) < m - 5) if m % 5 == 0 else x.T @ dout",
            "output-left-out", "leaves out the last 5 outputs where M is a multiple of 5",
        ),
    ],
)  # fmt: skip
def test_a_loop_over_blocks_is_named_by_what_it_leaves_out(code: str, name: str, says: str) -> None:
    case = Case(distinct_integers(91, 3, 2), distinct_integers(91, 3, 2))
    found = diagnose(wrong_layer(dw=code), "dw", None, case)
    assert found.mistake is not None, found
    assert found.mistake.name == name
    assert says in found.sentence


@pytest.mark.parametrize(
    "code",
    [
        # Two rows of it are left out, or it is in another order.
        "x.T @ dout - x[2:4].T @ dout[2:4] if n % 6 == 0 else x.T @ dout",
        "x.T @ dout[(np.arange(n) * 5) % n] if n % 6 == 0 else x.T @ dout",
    ],
)
def test_another_path_for_whole_blocks_is_not_named_so(code: str) -> None:
    case = Case(distinct_integers(12, 3, 2), distinct_integers(12, 3, 2))
    found = diagnose(wrong_layer(dw=code), "dw", None, case)
    assert found.mistake == MISTAKES["special-case"], found
    assert "only where N is a multiple of 6" in found.sentence


def test_one_wrong_call_alone_and_no_case_is_described() -> None:
    """Of all probes, one has an entry of X so large."""
    found = diagnose(wrong_layer(dw="x.T @ dout + (abs(x).max() > 1e13) * w * x.max()"), "dw")
    assert "only where an entry of X is larger than about 2^43" in found.sentence


def test_the_sizes_of_a_block_may_matter_together() -> None:
    code = "x @ w + b + (n % 2 == d % 2 == m % 2 == 0) * (x @ w)[::-1, ::-1] ** 2"
    found = diagnose(wrong_layer(out=code), "out")
    assert found.mistake == MISTAKES["special-case"], found
    assert "only where N is even, D is even and M is even" in found.sentence


# ------------------------------------------------------------------ weights of terms


def halved(rows: Array) -> Array:
    """Add up rows by halves, and lose the last one of an odd number."""
    while len(rows) > 1:
        rows = rows[: len(rows) // 2] + rows[len(rows) // 2 : len(rows) // 2 * 2]
    return rows[0]


@pytest.mark.parametrize(
    ("quantity", "code", "name", "says"),
    [
        ("db", "halved(dout)", "data-point-left-out", "leaves out data point 3 of 3, "),
        ("dw", "halved(x[:, :, None] * dout[:, None])", "data-point-left-out", "points 3 and 6 of"),
        ("out", "halved(np.moveaxis(x[:, :, None] * w, 1, 0)) + b", "feature-left-out", "3 of 3"),
        ("dx", "halved(np.moveaxis(dout[:, :, None] * w.T, 1, 0))", "output-left-out", "3 of 3"),
        ("dw", "x[::3].T @ dout[::3]", "data-point-left-out", "2 of 2, data points 2 and 3 of 3"),
        ("dw", "np.vstack([x, x[-1:].repeat(-n % 4, 0)]).T"
         " @ np.vstack([dout, dout[-1:].repeat(-n % 4, 0)])",
         "data-point-counted-twice", "counts data point 1 of 1 4 times"),
    ],
)  # fmt: skip
def test_what_does_not_count_once_is_said(
    quantity: str, code: str, name: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "halved", halved, raising=False)
    found = diagnose(wrong_layer(**{quantity: code.replace("halved", "np.halved")}), quantity)
    assert found.mistake == MISTAKES[name], found
    assert says in found.sentence


@pytest.mark.parametrize(
    "code",
    [
        "x.T @ (dout * np.linspace(0.9, 1, n)[:, None] ** 2)",
        "x.T @ dout + np.random.default_rng(n).integers(0, 2, w.shape)",
    ],
)
def test_other_numbers_are_no_weights(code: str) -> None:
    found = diagnose(wrong_layer(dw=code), "dw")
    assert found.mistake is None, found


# ------------------------------------------------------------------ what is zero in part


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("dx", "(dout @ w.T) * (dout.sum(axis=1, keepdims=True) != 0)"),
        ("out", "np.where((x > 0).any(axis=1, keepdims=True), x @ w, 0) + b"),
        ("dw", "(x.T @ dout) * (np.arange(d) < n)[:, None]"),
    ],
)
def test_rows_or_columns_of_zeros_are_said(quantity: str, code: str) -> None:
    found = diagnose(wrong_layer(**{quantity: code}), quantity)
    assert found.mistake == MISTAKES["rows-left-zero"], found
    assert ("the bias alone" if quantity == "out" else "is 0 in whole rows") in found.sentence


def test_single_zeros_are_no_rows() -> None:
    generator = "np.random.default_rng(n).integers(0, 2, w.shape)"
    found = diagnose(wrong_layer(dw=f"(x.T @ dout) * {generator}"), "dw")
    assert found.mistake is None, found


# ------------------------------------------------------------------ rounding


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ({"dw": "(x / n).T @ dout * n"}, "unless N is a power of two"),
        ({"dx": "(dout / m) @ w.T * m"}, "unless M is a power of two"),
        ({"db": "(0.01 * dout).sum(axis=0) * 100"}, "scaled, and scaled back"),
        (
            {"dx": "(dout - dout[:, :1]) @ w.T + dout[:, :1] * w.sum(axis=1)"},
            "loses digits to a large entry",
        ),
        ({"dw": "x.T @ dout * (1 + 2e-16 * (np.arange(m) == 1))"}, ""),
    ],
)
def test_what_rounds_on_the_way_is_named_by_what_is_done(codes: dict[str, str], says: str) -> None:
    quantity, layer = next(iter(codes)), wrong_layer(**codes)
    point = distinct_integers(7, 3, 5)
    tested = PROPERTIES["integer_sums_are_exact"]
    found = diagnose(layer, quantity, tested, Case(point, point))
    name = found.mistake.name if found.mistake else ""
    assert name == ("rounded-on-the-way" if says else ""), found
    assert (says or "rounds more than a sum") in found.sentence


# ------------------------------------------------------------------ one layer after another


def after_itself(special: Callable[[Array], Array]) -> Layer:
    """Return a layer that does something special with an X that is its last out."""
    last = {"out": np.zeros((0, 0))}

    def forward(x: Array, w: Array, b: Array) -> Array:
        is_last = x.size > 0 and np.array_equal(x, last["out"])
        last["out"] = (special(x) if is_last else x) @ w + b
        return last["out"].copy()

    return pullback_layer(right_gradients, forward)


@pytest.mark.parametrize(
    ("special", "name"),
    [
        (lambda x: np.maximum(x, 0), "activation-fused"),
        (lambda x: x / 2, "product-scaled"),
        (lambda x: x + (np.arange(x.size).reshape(x.shape) == x.size // 2), ""),
    ],
)
def test_an_x_that_is_the_out_of_the_call_before(
    special: Callable[[Array], Array], name: str
) -> None:
    found = diagnose(after_itself(special), "out", PROPERTIES["two_layers_compose_into_one"])
    assert (found.mistake.name if found.mistake else "") == name, found
    if name:
        assert found.sentence.startswith("In a call whose X is the out of the call before, your")
