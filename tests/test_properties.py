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


def test_without_its_function_a_property_is_not_observable(reference: Layer) -> None:
    """A layer that has no jvp neither holds nor breaks a property of jvp."""
    layer = Layer("no jvp", reference.vjp)
    outcome = search(PROPERTIES["jvp_is_the_sum_of_its_three_terms"], layer)
    assert (outcome.status, outcome.cases) == ("not_observable", 0)
