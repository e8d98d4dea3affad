"""One case of a search: as drawn bytes have it, and what a property says of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from random import Random
from time import perf_counter

import numpy as np

from affine import cases
from affine.checker.report import Outcome
from affine.layer import Case, Layer
from affine.properties import Property

_SIDES = (1, 2, 3)
SMALL_SHAPES = sorted(product(_SIDES, _SIDES, _SIDES), key=lambda shape: (sum(shape), shape))
"""All sizes (N, D, M) up to 3, by their sum."""

# Those of the sizes come first: they are shrunk first.
_LAYOUTS = slice(cases.SIZE_BYTES, cases.SIZE_BYTES + cases.LAYOUT_BYTES)
_BYTES = _LAYOUTS.stop + cases.VALUE_BYTES

# A layer that compiles for every new shape meets only these.
_PALETTE = (
    (8, 5, 6), (4, 3, 2), (2, 4, 3), (3, 2, 4), (3, 3, 3), (2, 2, 2),
    (3, 2, 1), (1, 3, 2), (2, 1, 3), (1, 1, 1),
)  # fmt: skip


def draws(seed: int, count: int) -> Iterator[bytes]:
    """Yield the bytes of cases, first the plainest; a seed gives the same again."""
    generator = Random(seed)
    yield bytes(_BYTES)
    for _ in range(count - 1):
        yield generator.randbytes(_BYTES)


def read_case(raw: bytes, tested: Property, layer: Layer) -> Case:
    """Return the case that a property reads from drawn bytes."""
    case = cases.build_case(
        cases.read_sizes(raw[: cases.SIZE_BYTES], tested.sizes, zeros=False),
        cases.Values(raw[_LAYOUTS.stop :], tested.values, layer.dtypes or cases.DTYPES),
        cases.read_layouts(raw[_LAYOUTS]) if tested.layouts else (),
    )
    if layer.compiles_per_shape:
        for sizes in _PALETTE:
            if all(small <= side for small, side in zip(sizes, case.primal.sizes, strict=True)):
                return case.cut(*map(slice, sizes))
    return case


def fails_on(tested: Callable[[Layer, Case], None], layer: Layer, case: Case) -> Exception | None:
    """Return what the property raises on the case, None where it holds."""
    try:
        # An error state that the layer leaves behind must not hide that it does so next time.
        with np.errstate():
            tested(layer, case)
    except Exception as error:
        return error
    return None


def outcome_on(tested: Property, layer: Layer, case: Case) -> Outcome:
    """Return the outcome of the property on one case."""
    start = perf_counter()
    error = fails_on(tested, layer, case)
    outcome = Outcome(tested.name, "held", 1, perf_counter() - start)
    if error is None:
        return outcome
    return replace(outcome, status="falsified", counterexample=case, error=error)
