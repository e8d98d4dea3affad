"""Mistakes of values, sizes, memory, state and formats are named."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affine.checker.diagnosis import MISTAKES, diagnose
from affine.checker.diagnosis.catalogue import CORRECT, scales, terms
from affine.checker.diagnosis.probe import distinct_integers
from affine.checker.exceptions import NotThreeGradients
from affine.checker.reading import load
from affine.checker.search import search
from affine.layer import Case, Layer, Operands, WorkerDied
from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, first_line, frameworks
from tests.formula_layers import (
    FORMULAS,
    pullback_layer,
    right_gradients,
    wrong_layer,
)


def of_two_results(dout: Any, x: Any, w: Any) -> Any:
    raise NotThreeGradients("the backward pass returns two results")


def warning(x: Any, w: Any, b: Any) -> Any:
    warnings.warn("careful", stacklevel=1)
    return x @ w + b


def truncating(x: Any, w: Any, b: Any) -> Any:
    out = np.zeros((len(x), len(b)), dtype=x.dtype)
    out += (x @ w + b).astype(x.dtype)
    return out


def ended(x: Any, w: Any, b: Any) -> Any:
    raise WorkerDied("the process ended")


def raising(dout: Any, x: Any, w: Any) -> Any:
    if len(x) == 1:
        raise ValueError("no batch")
    return right_gradients(dout, x, w)


# By mistake: a layer of `tests/wrong_layers`, and what the sentence says.
IN_FOLDER = {
    "accumulates": ("gradients_accumulate", "twice the dw"),
    "aliased-arguments": ("square_aliased", "X, W and dout are one array"),
    "arguments-modified": ("dout_in_place", "writes to your dout"),
    "buffer-reused": ("buffer_reused", "another call came after it"),
    "cache-used-up": ("cache_used_up", "gives another dw of zeros"),
    "empty-sizes": ("empty_batch_mean", "an empty batch"),
    "frozen-operands": ("torch_saved_by_need", "X is frozen"),
    "global-state-changed": ("seed_reset", "numpy.random"),
    "internals-handed-out": ("memo_by_reference", "an earlier result was overwritten"),
    "memory-layout": ("c_order_assumed", "only the memory layout differs"),
    "nan-at-zeros": ("db_divided_by_b", "NaN where an entry of b is 0"),
    "needs-writable-arguments": ("writes_back", "ValueError"),
    "not-deterministic": ("noise_of_one_in_a_billion", "Equal calls give a different"),
    "one-format-only": ("always_float64", "has dtype float64"),
    "outdated-parameters": ("cached_by_identity", "the old W"),
    "result-shares-memory": ("db_is_a_view", "dout and db share memory"),
    "rounded-on-the-way": ("mean_times_n", "a value on the way is divided by N"),
    "shapes-not-checked": ("bias_broadcast_in_silence", "b of shape ()"),
    "stale-state": ("stale_cache", "of the second one"),
    "update-step-inside": ("weights_updated_in_place", "your W becomes W - 0.1·dw"),
    "zeros-skipped": ("zero_rows_skipped", "meets 0"),
}


# By mistake: the layer, the property that it fails if one matters, and what the sentence says.
BEHAVIOUR: dict[str, tuple[Callable[[], Layer], str, str]] = {
    "clipped": (lambda: wrong_layer(dw="np.clip(x.T @ dout, -5, 5)"), "", "clipped to [-5, 5]"),
    "small-values-dropped": (
        lambda: wrong_layer(dw="(lambda g: g * (abs(g) >= 1e-6))(x.T @ dout)"), "", "1e-06",
    ),
    "rounded": (lambda: wrong_layer(out="np.round(x @ w + b, 4)"), "", "rounded to 4 decimals"),
    "lower-precision": (
        lambda: wrong_layer(dw="(x.astype('f4').T @ dout.astype('f4')).astype('f8')"),
        "", "computed in float32",
    ),
    "negative-side-scaled": (
        lambda: wrong_layer(dx="(lambda g: np.where(g > 0, g, 0.3 * g))(dout @ w.T)"), "", "by 0.3",
    ),
    "blocks-without-the-remainder": (
        lambda: wrong_layer(dw="x[: n // 16 * 16].T @ dout[: n // 16 * 16]"), "", "blocks of 16",
    ),
    "wrong-beyond-a-size": (
        lambda: wrong_layer(dw="x.T @ dout / (n if n > 4 else 1)"), "", "right up to N = 4;",
    ),
    "special-case": (
        lambda: wrong_layer(dw="x.T @ dout if dout.any() else np.ones_like(w)"),
        "", "only where dout is 0",
    ),
    "scaled-by-a-varying-number": (
        lambda: wrong_layer(dw="n / (n + n % 2) * (x.T @ dout)"), "", "0.5 at N = 1",
    ),
    "rows-left-zero": (
        lambda: wrong_layer(dw="(x.T @ dout) * (np.arange(m) < d)"),
        "", "0 in whole rows or columns only where D < M",
    ),
    "entries-rearranged": (
        lambda: wrong_layer(dw="(x.T @ dout)[[*range(1, d, 2), *range(0, d, 2)]]"),
        "", "right entries in the wrong places",
    ),
    "raises": (lambda: pullback_layer(raising), "", "where N = 1"),
    "not-written-yet": (
        lambda: wrong_layer(dx="None", dw="None", db="None"), "", "dx, dw and db are None",
    ),
    "not-an-array": (lambda: wrong_layer(db="dout.sum(axis=0).tolist()"), "", "not an array"),
    "wrong-number-of-results": (
        lambda: pullback_layer(of_two_results), "", "two results",
    ),
    "process-ended": (lambda: pullback_layer(right_gradients, ended), "", "ended"),
    "warns": (
        lambda: pullback_layer(right_gradients, warning),
        "the_process_is_left_as_it_was", "careful",
    ),
    "result-narrowed": (
        lambda: wrong_layer(dw="(x.T @ dout).astype('f2')"), "", "is float16",
    ),
    "integers-truncate": (
        lambda: pullback_layer(right_gradients, truncating), "", "where X holds integers",
    ),
    "nan-hidden": (
        lambda: wrong_layer(out="np.nan_to_num(x, posinf=np.inf, neginf=-np.inf) @ w + b"),
        "nan_taints_exactly_what_depends_on_it", "NaN in X",
    ),
    "nan-spread": (
        lambda: wrong_layer(dx="dout @ w.T + 0 * x"),
        "nan_taints_exactly_what_depends_on_it", "NaN in X reaches",
    ),
    "infinity-lost": (
        lambda: wrong_layer(out="np.clip(x @ w + b, -1.7e308, 1.7e308)"),
        "infinities_travel_as_in_a_matrix_product", "∞ in X",
    ),
    "overflow-on-the-way": (
        lambda: wrong_layer(dw="x.T @ (dout * 1024) / 1024"),
        "powers_of_two_scale_through", "dw overflows",
    ),
    "dx-stays-flat": (
        lambda: replace(
            wrong_layer(),
            variants={
                "with_extra_axes": lambda x, w, b: wrong_layer().vjp(x.reshape(len(x), -1), w, b)
            },
        ),
        "extra_axes_of_x_are_flattened", "shape (4, 6)",
    ),
    "term-of-the-jvp-missing": (
        lambda: replace(wrong_layer(), variants={"jvp": lambda x, w, dx, dw, db: dx @ w + x @ dw}),
        "jvp_is_the_sum_of_its_three_terms", "Ẋ·W",
    ),
    "second-order-term-in-the-jvp": (
        lambda: replace(wrong_layer(), variants={
            "jvp": lambda x, w, dx, dw, db: (x + dx) @ (w + dw) - x @ w + db
        }),
        "jvp_is_the_sum_of_its_three_terms", "+ Ẋ·Ẇ",
    ),
}  # fmt: skip


def test_every_mistake_has_a_layer_in_the_tests() -> None:
    recognised = (
        {known.mistake for _, known in FORMULAS}
        | {known.mistake for known in scales()}
        | set(BEHAVIOUR)
        | set(IN_FOLDER)
    )
    for quantity in CORRECT:
        recognised |= {known.mistake for known in terms(quantity)}
    recognised |= {"scaled-by-a-constant", "scaled-by-sizes-and-a-constant"}
    assert set(MISTAKES) <= recognised, "it has no formula and no line in BEHAVIOUR"
    assert recognised <= set(MISTAKES), "BEHAVIOUR names what the catalogue does not have"


@pytest.mark.parametrize("mistake", BEHAVIOUR)
def test_every_behaviour_is_named(mistake: str) -> None:
    make, failed, says = BEHAVIOUR[mistake]
    found = diagnose(make(), "", PROPERTIES.get(failed))
    assert found.mistake == MISTAKES[mistake], found
    assert says in found.sentence


@pytest.mark.parametrize("mistake", IN_FOLDER)
def test_the_mistake_of_a_layer_is_named_on_the_case_of_its_property(mistake: str) -> None:
    stem, says = IN_FOLDER[mistake]
    path = WRONG_LAYERS / f"{stem}.py"
    for framework in frameworks(path):
        pytest.importorskip(framework)
    tested = PROPERTIES[first_line(path)[0]]
    outcome = search(tested, load(str(path)))
    quantity = getattr(outcome.error, "quantity", "")
    found = diagnose(load(str(path)), quantity, tested, outcome.counterexample)
    assert found.mistake == MISTAKES[mistake], found
    assert says in found.sentence


def test_another_route_is_taken_where_the_property_asks_for_it() -> None:
    compiled = replace(wrong_layer(), variants={"compiled": wrong_layer(out="x @ w").vjp})
    assert diagnose(compiled, "out", PROPERTIES["compiled_equals_eager"]).sentence.startswith(
        "Compiled: your out is X·W: the bias is missing."
    )


def test_what_is_wrong_where_an_operand_is_frozen_is_named() -> None:
    """It says which one, and no more of the gradients than what was asked for."""

    def doubled(x: Any, w: Any, b: Any, dout: Any, needed: Any) -> Any:
        factor = 1 if needed[1] else 2
        return x @ w + b, dout @ w.T if needed[0] else None, x.T @ dout, factor * dout.sum(axis=0)

    frozen = replace(wrong_layer(), variants={"with_frozen_operands": doubled})
    found = diagnose(frozen, "db", PROPERTIES["frozen_operands_change_no_other_result"])
    assert found.sentence.startswith("Where W is frozen, your db is 2 * dout.sum(axis=0): scaled")


def test_of_one_call_no_pass_is_said_to_raise() -> None:
    def refused(*operands: Any) -> Any:
        raise ValueError("not so")

    for name in ("frozen_operands_change_no_other_result", "vmap_equals_a_loop"):
        tested = PROPERTIES[name]
        refusing = replace(wrong_layer(), variants={tested.needs: refused})
        assert "the layer raises ValueError: not so" in diagnose(refusing, "", tested).sentence


@pytest.mark.parametrize("mistake", ["wrong-beyond-a-size", "blocks-without-the-remainder"])
def test_a_large_case_shows_where_to_look(mistake: str) -> None:
    code = {
        "wrong-beyond-a-size": "x.T @ dout / (n if n > 700 else 1)",
        "blocks-without-the-remainder": "x[: n // 300 * 300].T @ dout[: n // 300 * 300]",
    }[mistake]
    layer = wrong_layer(dw=code)
    ones = Operands(np.ones((701, 2)), np.ones((2, 2)), np.ones(2), np.ones((701, 2)))
    found = diagnose(layer, "dw", None, Case(ones, ones))
    assert found.mistake == MISTAKES[mistake]


# ------------------------------------------------------------------ what depends on more


def test_a_result_kept_for_x_and_the_shape_of_w_is_named() -> None:
    kept: dict[Any, Any] = {}

    def forward(x: Any, w: Any, b: Any) -> Any:
        return kept.setdefault((x.tobytes(), x.shape, w.shape), x @ w) + b

    found = diagnose(pullback_layer(right_gradients, forward), "out")
    assert found.mistake == MISTAKES["stale-state"], found
    assert "W of an earlier call with the same shapes and the same X" in found.sentence


def test_what_only_another_property_shows_of_a_memory_layout_is_named() -> None:
    def backward(dout: Any, x: Any, w: Any) -> Any:
        dx, _, db = right_gradients(dout, x, w)
        return dx, x.ravel(order="K").reshape(x.shape).T @ dout, db

    layer = pullback_layer(backward)
    found = diagnose(layer, "dw", PROPERTIES["features_may_be_permuted_and_scaled"])
    assert found.mistake == MISTAKES["memory-layout"], found
    assert "only the memory layout of X is another one" in found.sentence


def test_noise_at_the_sizes_of_the_case_is_no_matter_of_memory() -> None:
    generator = np.random.default_rng(0)

    def backward(dout: Any, x: Any, w: Any) -> Any:
        dx, dw, db = right_gradients(dout, x, w)
        return dx[generator.permutation(len(dx))] if len(dx) > 8 else dx, dw, db

    point = distinct_integers(12, 3, 2)
    for name in ("read_only_arguments_are_enough", "memory_layout_does_not_matter"):
        found = diagnose(pullback_layer(backward), "dx", PROPERTIES[name], Case(point, point))
        assert found.mistake == MISTAKES["not-deterministic"], found


def test_what_was_left_in_memory_is_no_matter_of_the_layout() -> None:
    """The second of two calls is wrong, whatever its arguments look like in memory."""
    calls = iter(range(10**6))

    def backward(dout: Any, x: Any, w: Any) -> Any:
        dx, dw, db = right_gradients(dout, x, w)
        return dx, dw + next(calls) % 2 * (len(x) == 2), db

    point = distinct_integers(2, 3, 2)
    tested = PROPERTIES["memory_layout_does_not_matter"]
    found = diagnose(pullback_layer(backward), "dw", tested, Case(point, point))
    assert found.mistake == MISTAKES["not-deterministic"], found
