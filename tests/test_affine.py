"""The reference under Hypothesis: three identities to read aloud, then every property.

`--hypothesis-seed=7` tries other cases, `--hypothesis-show-statistics` counts them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import affine
from affine.checker.reading import load
from affine.layer import VJP_VARIANTS, Array, Case, Layer, Operands, Pullback
from affine.properties import PROPERTIES, Property
from affine.strategies import cases, layouts, operands, sizes, values
from tests.conftest import sampled

# Sums of these integers are exact in float64, so equal means equal.
INTEGERS = values("integers", dtypes=["float64"])


@given(operands(values=INTEGERS, layouts=layouts()))
def test_db_sums_dout_over_the_data_points(point: Operands) -> None:
    """db = Σ_i dout_i."""
    x, w, _, dout = point
    _, _, db = affine.backward(dout, x, w)
    assert (db == dout.sum(axis=0)).all()


@given(operands(values=INTEGERS, layouts=layouts()))
def test_dw_is_x_transposed_times_dout(point: Operands) -> None:
    """dW = Xᵀ dout."""
    x, w, _, dout = point
    _, dw, _ = affine.backward(dout, x, w)
    assert (dw == x.T @ dout).all()


@given(cases(values=INTEGERS, layouts=layouts()), st.integers(-1000, 1000))
def test_backward_is_linear_in_dout(case: Case, a: int) -> None:
    """The gradients of a·dout + dout' are a times those of dout, plus those of dout'."""
    x, w, _, dout = case.primal
    other = case.tangent.dout
    combined = affine.backward(a * dout + other, x, w)
    parts = zip(affine.backward(dout, x, w), affine.backward(other, x, w), strict=True)
    for together, (one, two) in zip(combined, parts, strict=True):
        assert (together == a * one + two).all()


# ------------------------------------------------------------------ every property

REFERENCE = load("affine")


def any_axes(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
    """The layer for an x of any number of axes: leading ones, or those of a data point."""
    flat = x.reshape(-1, len(w))

    def pullback(dout: Array) -> tuple[Array, Array, Array]:
        upstream = dout.reshape(-1, len(b))
        return (upstream @ w.T).reshape(x.shape), flat.T @ upstream, upstream.sum(axis=0)

    lead = x.shape[:-1] if x.shape[-1] == len(w) else x.shape[:1]
    return (flat @ w + b).reshape(*lead, len(b)), pullback


def vmapped(xs: Array, w: Array, b: Array, douts: Array) -> tuple[Array, ...]:
    """What vectorising gives."""
    passes = [any_axes(x, w, b) for x in xs]
    gradients = [pullback(dout) for (_, pullback), dout in zip(passes, douts, strict=True)]
    outs = [out for out, _ in passes]
    return tuple(map(np.stack, (outs, *zip(*gradients, strict=True))))


def with_frozen_operands(x: Array, w: Array, b: Array, dout: Array, needed: Array) -> Any:
    """What is asked for, and None where no gradient is needed."""
    out, pullback = any_axes(x, w, b)
    gradients = zip(pullback(dout), needed, strict=True)
    return out, *(gradient if is_needed else None for gradient, is_needed in gradients)


# The reference takes matrices, and belongs to no framework: what it lacks, this one has.
OTHERS = {"vmapped": vmapped, "with_frozen_operands": with_frozen_operands}
ANY_AXES = Layer("any axes", any_axes, variants=dict.fromkeys(VJP_VARIANTS, any_axes) | OTHERS)


def holds(tested: Property) -> Callable[[], None]:
    """Return a property as a test of Hypothesis."""
    layer = REFERENCE if tested.is_observable_on(REFERENCE) else ANY_AXES
    drawn = cases(
        sizes=sizes(tested.sizes, zeros=False),
        values=values(tested.values),
        layouts=layouts() if tested.layouts else st.just(()),
    )

    @given(drawn)
    def test(case: Case) -> None:
        tested(layer, case)

    test.__name__ = test.__qualname__ = f"test_{tested.name}"
    test.__doc__ = tested.doc
    return test


for property_ in PROPERTIES.values():
    assert f"test_{property_.name}" not in globals(), "a test above has the name of a property"
    globals()[f"test_{property_.name}"] = holds(property_)


def test_the_reference_has_what_its_form_can_have() -> None:
    """Only the properties of other forms run on another layer."""
    elsewhere = {one.needs for one in PROPERTIES.values() if not one.is_observable_on(REFERENCE)}
    assert elsewhere == {*VJP_VARIANTS, *OTHERS}


@pytest.mark.parametrize("name", sampled(["dw_is_xt_dout", "db_is_the_column_sum_of_dout"], 2))
def test_a_broken_reference_is_caught(name: str) -> None:
    """With the smallest case that shows it, in the words of Hypothesis."""

    def averaged(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        return x @ w + b, lambda g: (g @ w.T, x.T @ g / len(x), g.mean(axis=0))

    broken = Layer("averaged", averaged)
    tested = PROPERTIES[name]

    @given(cases(sizes=sizes(zeros=False), values=values(tested.values)))
    def test(case: Case) -> None:
        tested(broken, case)

    with pytest.raises(AssertionError, match="but should be") as caught:
        test()
    example = "\n".join(caught.value.__notes__)
    assert "test(\n    case=Case(primal=Operands(x=array(" in example
