"""Mistakes of values, sizes, memory, state and formats are named."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affine.checker.diagnosis import MISTAKES, diagnose
from affine.checker.diagnosis.catalogue import RIGHT, scales, terms
from affine.layer import Case, Layer, Operands, WorkerDied
from affine.properties import PROPERTIES
from tests.formula_layers import (
    FORMULAS,
    pullback_layer,
    right_gradients,
    wrong_layer,
)


def accumulating() -> Layer:
    def vjp(x: Any, w: Any, b: Any) -> Any:
        total = np.zeros(w.shape)

        def pullback(dout: Any) -> Any:
            nonlocal total
            total = total + x.T @ dout
            return dout @ w.T, total, dout.sum(axis=0)

        return x @ w + b, pullback

    return Layer("wrong", vjp)


def using_up() -> Layer:
    def vjp(x: Any, w: Any, b: Any) -> Any:
        cache = [x]

        def pullback(dout: Any) -> Any:
            kept = cache.pop()
            return dout @ w.T, kept.T @ dout, dout.sum(axis=0)

        return x @ w + b, pullback

    return Layer("wrong", vjp)


def stale() -> Layer:
    cache: dict[str, Any] = {}

    def forward(x: Any, w: Any, b: Any) -> Any:
        cache.update(x=x, w=w)
        return x @ w + b

    def backward(dout: Any, x: Any, w: Any) -> Any:
        return dout @ cache["w"].T, cache["x"].T @ dout, dout.sum(axis=0)

    return pullback_layer(backward, forward)


def outdated() -> Layer:
    transposes: dict[int, Any] = {}

    def backward(dout: Any, x: Any, w: Any) -> Any:
        return dout @ transposes.setdefault(id(w), w.T.copy()), x.T @ dout, dout.sum(axis=0)

    return pullback_layer(backward)


def modifying(dout: Any, x: Any, w: Any) -> Any:
    dout /= len(x)
    return dout @ w.T * len(x), x.T @ dout * len(x), dout.sum(axis=0) * len(x)


def writing_back(dout: Any, x: Any, w: Any) -> Any:
    dout += 0
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def buffered() -> Layer:
    buffer = np.empty(4096)

    def forward(x: Any, w: Any, b: Any) -> Any:
        out = buffer[: len(x) * len(b)].reshape(len(x), len(b))
        out[...] = x @ w + b
        return out

    return pullback_layer(right_gradients, forward)


def handing_out() -> Layer:
    def vjp(x: Any, w: Any, b: Any) -> Any:
        kept: list[Any] = []

        def pullback(dout: Any) -> Any:
            if not kept:
                kept.append(x.T @ dout)
            return dout @ w.T, kept[0], dout.sum(axis=0)

        return x @ w + b, pullback

    return Layer("wrong", vjp)


def stepping(dout: Any, x: Any, w: Any) -> Any:
    results = right_gradients(dout, x, w)
    w -= 0.01 * results[1]
    return results


def noisy() -> Layer:
    noise = np.random.default_rng(0)
    return pullback_layer(
        lambda dout, x, w: (dout @ w.T, x.T @ dout * (1 + 1e-9 * noise.random()), dout.sum(axis=0))
    )


def in_memory_order(dout: Any, x: Any, w: Any) -> Any:
    return dout @ w.T, x.T @ dout, dout.ravel(order="K").reshape(dout.shape).sum(axis=0)


def reset_seed(x: Any, w: Any, b: Any) -> Any:
    np.random.seed(0)  # noqa: NPY002
    return x @ w + b


def warning(x: Any, w: Any, b: Any) -> Any:
    warnings.warn("careful", stacklevel=1)
    return x @ w + b


def truncating(x: Any, w: Any, b: Any) -> Any:
    out = np.zeros((len(x), len(b)), dtype=x.dtype)
    out += (x @ w + b).astype(x.dtype)
    return out


def skipping_zeros(x: Any, w: Any, b: Any) -> Any:
    out = np.zeros((len(x), len(b)))
    for d in range(len(w)):
        rows = x[:, d] != 0
        out[rows] += x[rows, d][:, None] * w[d]
    return out + b


def ended(x: Any, w: Any, b: Any) -> Any:
    raise WorkerDied("the process ended")


def raising(dout: Any, x: Any, w: Any) -> Any:
    if len(x) == 1:
        raise ValueError("no batch")
    return right_gradients(dout, x, w)


def exact_type(x: Any, w: Any, b: Any) -> Any:
    return (x @ w + b).astype(np.float64)


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
    "raises": (lambda: pullback_layer(raising), "", "where N = 1"),
    "not-an-array": (lambda: wrong_layer(db="dout.sum(axis=0).tolist()"), "", "not an array"),
    "wrong-number-of-results": (
        lambda: pullback_layer(lambda dout, x, w: (dout @ w.T, x.T @ dout)), "", "2 results",
    ),
    "process-ended": (lambda: pullback_layer(right_gradients, ended), "", "ended"),
    "not-deterministic": (noisy, "equal_calls_give_equal_results", "by up to "),
    "accumulates": (accumulating, "backward_twice_gives_the_same", "twice the dw"),
    "cache-used-up": (using_up, "backward_twice_gives_the_same", "raises IndexError"),
    "stale-state": (
        stale,
        "each_backward_belongs_to_its_forward", "take X and W of the second one",
    ),
    "outdated-parameters": (outdated, "updated_parameters_are_seen", "the old W"),
    "arguments-modified": (
        lambda: pullback_layer(modifying),
        "arguments_are_not_modified", "dout is divided by N",
    ),
    "update-step-inside": (
        lambda: pullback_layer(stepping),
        "arguments_are_not_modified", "your W becomes W - 0.01·dw",
    ),
    "needs-writable-arguments": (
        lambda: pullback_layer(writing_back),
        "read_only_arguments_are_enough", "ValueError",
    ),
    "buffer-reused": (buffered, "later_calls_leave_earlier_results", "out of one call changes"),
    "result-shares-memory": (
        lambda: wrong_layer(db="dout[0] if n == 1 else dout.sum(axis=0)"),
        "results_share_no_memory", "with N = 1",
    ),
    "internals-handed-out": (
        handing_out,
        "writing_into_a_result_changes_no_other", "changes your dw",
    ),
    "aliased-arguments": (
        lambda: wrong_layer(out="x @ x.T + b if x is w else x @ w + b"),
        "the_same_array_twice_behaves_like_copies", "one array",
    ),
    "memory-layout": (
        lambda: pullback_layer(in_memory_order),
        "memory_layout_does_not_matter", "Fortran order",
    ),
    "global-state-changed": (
        lambda: pullback_layer(right_gradients, reset_seed),
        "the_process_is_left_as_it_was", "numpy.random",
    ),
    "warns": (
        lambda: pullback_layer(right_gradients, warning),
        "the_process_is_left_as_it_was", "careful",
    ),
    "result-narrowed": (
        lambda: wrong_layer(dw="(x.T @ dout).astype('f2')"), "", "is float16",
    ),
    "one-format-only": (
        lambda: pullback_layer(right_gradients, exact_type),
        "dtypes_follow_promotion", "in float64",
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
    "zeros-skipped": (
        lambda: pullback_layer(right_gradients, skipping_zeros),
        "infinities_travel_as_in_a_matrix_product", "meets",
    ),
    "overflow-on-the-way": (
        lambda: wrong_layer(dw="x.T @ (dout * 1024) / 1024"),
        "powers_of_two_scale_through", "dw overflows",
    ),
    "empty-sizes": (
        lambda: wrong_layer(db="dout.sum(axis=0) if n else dout.mean(axis=0)"),
        "zero_sizes_give_zeros", "N",
    ),
    "shapes-not-checked": (wrong_layer, "wrong_shapes_are_refused", "b of shape (1,)"),
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
    )
    for quantity in RIGHT:
        recognised |= {known.mistake for known in terms(quantity)}
    recognised |= {"scaled-by-a-constant", "scaled-by-sizes-and-a-constant"}
    assert set(MISTAKES) <= recognised, "it has no formula and no line in BEHAVIOUR"
    assert recognised <= set(MISTAKES), "BEHAVIOUR names what the catalogue does not have"


@pytest.mark.parametrize("mistake", sorted(BEHAVIOUR))
def test_every_behaviour_is_named(mistake: str) -> None:
    make, failed, says = BEHAVIOUR[mistake]
    found = diagnose(make(), "", PROPERTIES.get(failed))
    assert found.mistake == MISTAKES[mistake], found
    assert says in found.sentence


def test_another_route_is_taken_where_the_property_asks_for_it() -> None:
    compiled = replace(wrong_layer(), variants={"compiled": wrong_layer(out="x @ w").vjp})
    assert diagnose(compiled, "out", PROPERTIES["compiled_equals_eager"]).sentence.startswith(
        "Compiled: your out is X·W: the bias is missing."
    )


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
