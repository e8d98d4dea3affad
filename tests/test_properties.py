"""The reference satisfies every property, and no property is without an equation."""

from dataclasses import replace

import numpy as np
import pytest

from affine.checker.search import search
from affine.equations import EQUATIONS
from affine.layer import Array, Case, Layer, Operands, Pullback
from affine.properties import PROPERTIES, Property
from affine.properties.property import isolated


@pytest.mark.parametrize("tested", PROPERTIES.values(), ids=PROPERTIES)
def test_a_property_says_what_it_is(tested: Property) -> None:
    """It has equations, a docstring whose first line is a sentence, and a mistake it catches."""
    assert tested.equations
    assert set(tested.equations) <= set(EQUATIONS)
    assert tested.doc.splitlines()[0].endswith(".")
    assert tested.catches
    assert not tested.catches.endswith(".")


def _operands(seed: int) -> Operands:
    generator = np.random.default_rng(seed)
    shapes = (4, 3), (3, 2), (2,), (4, 2)
    return Operands(*(generator.integers(-3, 4, shape).astype(float) for shape in shapes))


def test_only_what_compares_no_two_sums_takes_real_values() -> None:
    """Two calls may add in another order, so equality between calls is for integers alone.

    A sign flip on real numbers once changed the last bit of a correct product: NumPy adds a
    strided X in another order than the contiguous −X.
    """
    takes_reals = {name for name, found in PROPERTIES.items() if found.values != "integers"}
    assert takes_reals == {
        "forward_is_x_w_plus_b",  # judged by the bound, as the next four
        "dx_is_dout_wt",
        "dw_is_xt_dout",
        "db_is_the_column_sum_of_dout",
        "rounding_stays_within_the_bound",
        "zero_dout_gives_zero_gradients",  # every term is 0
        "zero_sizes_give_zeros",
        "wrong_shapes_are_refused",
        "arguments_are_not_modified",
        "results_share_no_memory",
        "later_calls_leave_earlier_results",  # one result, before and after
        "nan_taints_exactly_what_depends_on_it",
    }


def test_without_its_function_a_property_is_not_observable(reference: Layer) -> None:
    """A layer that has no jvp neither holds nor breaks a property of jvp."""
    layer = Layer("no jvp", reference.vjp)
    outcome = search(PROPERTIES["jvp_is_the_sum_of_its_three_terms"], layer)
    assert (outcome.status, outcome.cases) == ("not_observable", 0)


def test_what_the_form_hides_is_not_observable(reference: Layer) -> None:
    """An adapter that repairs something says so, with the reason."""
    layer = replace(reference, not_applicable={"dtypes_follow_promotion": "they are repaired"})
    assert not PROPERTIES["dtypes_follow_promotion"].is_observable_on(layer)
    assert PROPERTIES["dw_is_xt_dout"].is_observable_on(layer)


def test_isolated_calls_share_nothing() -> None:
    """Neither an argument that is written to nor a buffer that is reused is seen outside."""
    buffer = np.zeros((1, 1))

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        x += 1
        buffer[...] = x

        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            dout += 1
            return buffer, buffer, b

        return buffer, pullback

    one = np.ones((1, 1))
    out, pullback = isolated(Layer("careless", vjp)).vjp(one, one, one[0])
    gradients = pullback(one)
    buffer[...] = 7
    assert one == 1
    assert out == 2
    assert [float(gradient[0, 0]) for gradient in gradients[:2]] == [2.0, 2.0]


def test_a_layer_for_matrices_alone_need_not_flatten_axes() -> None:
    """That it refuses an x of three axes is no failure."""

    def refuses(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        raise ValueError

    layer = Layer("matrices", refuses, variants={"with_extra_axes": refuses})
    PROPERTIES["extra_axes_of_x_are_flattened"](layer, Case(_operands(0), _operands(1)))


def test_a_result_that_is_no_number_is_a_violation_not_a_crash(reference: Layer) -> None:
    """A NaN or a wrong shape in a pairing is said in words."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        return x @ w + b, lambda dout: (dout @ w.T * np.nan, x.T @ dout, dout)

    point = _operands(0)
    for name in (
        "one_number_three_ways", "x_transposed_dx_is_dw_w_transposed",
        "central_difference_is_twice_the_directional_derivative",
    ):  # fmt: skip
        with pytest.raises(AssertionError, match="dx has an entry nan, but all of them"):
            PROPERTIES[name](Layer("wild", vjp), Case(point, _operands(1)))
