"""The reference satisfies every property, and no property is without an equation."""

import pytest
from hypothesis import settings

from affine.equations import EQUATIONS
from affine.layer import Layer
from affine.properties import PROPERTIES, Property
from affine.runner import search


@pytest.mark.parametrize("tested", PROPERTIES.values(), ids=PROPERTIES)
def test_the_reference_satisfies(tested: Property, reference: Layer, seed: int) -> None:
    """Every property holds on the strictest profile, on as many cases as the profile says."""
    outcome = search(tested, reference, max_examples=settings().max_examples, seed=seed)
    assert outcome.status == "held", f"{outcome.error}\n{outcome.counterexample}"
    assert outcome.cases >= settings().max_examples


@pytest.mark.parametrize("tested", PROPERTIES.values(), ids=PROPERTIES)
def test_a_property_says_what_it_is(tested: Property) -> None:
    """It has equations, a docstring whose first line is a sentence, and a mistake it catches."""
    assert tested.equations
    assert set(tested.equations) <= set(EQUATIONS)
    assert tested.doc.splitlines()[0].endswith(".")
    assert tested.catches
    assert not tested.catches.endswith(".")


def test_only_what_compares_no_two_sums_takes_real_values() -> None:
    """Two calls may add in another order, so equality between calls is for integers alone.

    A sign flip on real numbers once changed the last bit of a correct product: NumPy adds a
    strided X in another order than the contiguous −X.
    """
    takes_reals = {name for name, found in PROPERTIES.items() if found.values_of != "integers"}
    assert takes_reals == {
        "rounding_stays_within_the_bound",  # judged by the bound
        "zero_dout_gives_zero_gradients",  # every term is 0
        "identity_matrices_show_the_operands",  # every sum has one term that is not 0
        "results_have_the_shapes_of_the_equations",
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
