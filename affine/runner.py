"""Search for a case on which a layer breaks a property, and shrink it."""

from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Flaky

from affine.layer import Case, Layer
from affine.properties import Property
from affine.strategies import cases

__all__ = ["Outcome", "search"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found out about one property of one layer.

    Attributes:
        name: The property.
        status: `held`, `falsified`, or `not_observable` where the layer lacks the function
            that the property is about.
        cases: How many cases ran, those of the shrinking included.
        seconds: How long it took.
        counterexample: The smallest case found on which the property fails.
        error: What it raised there: a `Violation`, or the layer's own exception.
    """

    name: str
    status: Literal["held", "falsified", "not_observable"]
    cases: int = 0
    seconds: float = 0.0
    counterexample: Case | None = None
    error: Exception | None = None


class _Falsified(Exception):
    """The one exception that Hypothesis sees, so that it shrinks one failure, not several."""


def search(tested: Property, layer: Layer, *, max_examples: int = 100, seed: int = 0) -> Outcome:
    """Search for a case on which the layer breaks the property; the seed decides the search.

    Args:
        tested: The property.
        layer: The layer under test.
        max_examples: How many cases to try.
        seed: Where the search starts; the same seed finds the same.

    Returns:
        The outcome; a counterexample is shrunk.

    Examples:
        >>> from affine.adapters import load
        >>> from affine.properties import PROPERTIES
        >>> search(PROPERTIES["dw_is_xt_dout"], load("affine"), max_examples=20).status
        'held'
    """
    if not tested.is_observable_on(layer):
        return Outcome(tested.name, "not_observable")
    ran = 0
    failure: tuple[Case, Exception] | None = None

    @seeded(seed)
    @settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(cases(values_of=tested.values_of))
    def holds(case: Case) -> None:
        nonlocal ran, failure
        ran += 1
        try:
            tested(layer, case)
        except Exception as error:
            failure = case, error
            raise _Falsified from error

    start = perf_counter()
    try:
        holds()
    except (_Falsified, Flaky):  # flaky: the layer failed once and not on the replay
        assert failure is not None
        smallest = _cropped(tested, layer, *failure)
        return Outcome(tested.name, "falsified", ran, perf_counter() - start, *smallest)
    return Outcome(tested.name, "held", ran, perf_counter() - start)


def _cropped(
    tested: Property, layer: Layer, case: Case, error: Exception
) -> tuple[Case, Exception]:
    """Drop rows, features and outputs as long as the property still fails.

    Hypothesis lowers one size at a time; a mistake that needs two equal sizes shrinks only when
    both go down together.
    """
    for crop in case.crops():
        try:
            tested(layer, crop)
        except Exception as smaller:
            return _cropped(tested, layer, crop, smaller)
    return case, error
