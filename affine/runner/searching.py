"""Search for a case on which a layer breaks a property, and shrink it."""

from contextlib import suppress
from dataclasses import replace
from math import inf
from time import perf_counter
from typing import Literal

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Flaky

from affine.layer import Case, Layer, LayerGone
from affine.properties import Property
from affine.report import Outcome
from affine.strategies import cases

__all__ = ["fails_on", "search", "shrunk"]

# A layer that compiles for every new shape meets only these.
_PALETTE = (
    (8, 5, 6), (4, 3, 2), (2, 4, 3), (3, 2, 4), (3, 3, 3), (2, 2, 2),
    (3, 2, 1), (1, 3, 2), (2, 1, 3), (1, 1, 1),
)  # fmt: skip

# However slow a layer is, a property is not called held on less.
_FEWEST = 2


class _Falsified(Exception):
    """The one exception that Hypothesis sees, so that it shrinks one failure, not several."""


class _Enough(BaseException):
    """Ends a search at once: the time is up, or the layer is gone. Hypothesis lets it through."""


def search(
    tested: Property,
    layer: Layer,
    *,
    max_examples: int = 100,
    seed: int = 0,
    shrink: bool = True,
    until: float = inf,
) -> Outcome:
    """Search for a case on which the layer breaks the property; the seed decides the search.

    Args:
        tested: The property.
        layer: The layer under test.
        max_examples: How many cases to try.
        seed: Where the search starts; the same seed finds the same.
        shrink: Whether to look for the smallest such case, or to stop at the first.
        until: When to stop, on the clock of `time.perf_counter`.

    Returns:
        The outcome.

    Examples:
        >>> from affine.adapters import load
        >>> from affine.properties import PROPERTIES
        >>> search(PROPERTIES["dw_is_xt_dout"], load("affine"), max_examples=20).status
        'held'
    """
    if not tested.is_observable_on(layer):
        reason = layer.not_observable.get(tested.name, f"the form has no {tested.needs}")
        return Outcome(tested.name, "not_observable", reason=reason)
    start = perf_counter()
    run = _Run(tested, layer, until, shrink)

    @seeded(seed)
    @settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(
        cases(values_of=tested.values_of, layouts=tested.layouts, sizes=tested.sizes, min_side=1)
    )
    def holds(case: Case) -> None:
        run(case)

    # Flaky: the layer failed once and not on the replay.
    with suppress(_Falsified, Flaky, _Enough):
        holds()
    found = Outcome(tested.name, run.status, run.cases, perf_counter() - start, *run.failure)
    return shrunk(tested, layer, found) if shrink and found.status == "falsified" else found


class _Run:
    """The cases of one search."""

    def __init__(self, tested: Property, layer: Layer, until: float, shrink: bool) -> None:
        self.tested, self.layer, self.until, self.shrink = tested, layer, until, shrink
        self.cases = 0
        self.failure: tuple[Case | None, Exception | None] = None, None

    @property
    def status(self) -> Literal["held", "falsified"]:
        return "held" if self.failure[1] is None else "falsified"

    def __call__(self, case: Case) -> None:
        if self.cases >= _FEWEST and perf_counter() > self.until:
            raise _Enough
        if self.layer.compiles_per_shape:
            case = _within_palette(case)
        self.cases += 1
        error = fails_on(self.tested, self.layer, case)
        if error is None:
            return
        if self.failure[0] is None or not isinstance(error, LayerGone):
            self.failure = case, error
        if isinstance(error, LayerGone) or not self.shrink:
            raise _Enough
        raise _Falsified from error


def _within_palette(case: Case) -> Case:
    n, d, m = case.point.sizes
    for sizes in _PALETTE:
        if sizes[0] <= n and sizes[1] <= d and sizes[2] <= m:
            return case.cut(*map(slice, sizes))
    return case


def fails_on(tested: Property, layer: Layer, case: Case) -> Exception | None:
    """Return what the property raises on the case, None where it holds."""
    try:
        # An error state that the layer leaves behind must not hide that it does so next time.
        with np.errstate():
            tested(layer, case)
    except Exception as error:
        return error
    return None


def shrunk(tested: Property, layer: Layer, found: Outcome, seconds: float = 2.0) -> Outcome:
    """Drop rows, features and outputs as long as the property still fails, and time is left.

    Hypothesis lowers one size at a time; a mistake that needs two equal sizes shrinks only when
    both go down together.
    """
    start = perf_counter()
    while found.counterexample is not None:
        for crop in found.counterexample.crops():
            if perf_counter() - start > seconds:
                return found
            error = fails_on(tested, layer, crop)
            if error is not None:
                found = replace(found, counterexample=crop, error=error)
                break
        else:
            break
    return replace(found, seconds=found.seconds + perf_counter() - start)
