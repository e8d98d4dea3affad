"""Search for a case on which a layer breaks a property, and shrink it.

The bytes of the cases are drawn once, and each property reads them as `affine.strategies.cases`
does. A plain loop runs them: the engine of Hypothesis costs several times what a small case does,
and takes as long to load as NumPy.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from random import Random
from time import perf_counter

import numpy as np

from affine.cases import BYTES, at_small_sizes, read_case
from affine.checker.report import Outcome
from affine.checker.shrinking import shrink
from affine.layer import Case, Layer, OutOfTime, WorkerDied
from affine.properties import Property

__all__ = ["cropped", "draws", "fails_on", "read", "search", "small_shapes"]

_TRIES = 4  # of other entries, at each of the small sizes

# A layer that compiles for every new shape meets only these.
_PALETTE = (
    (8, 5, 6), (4, 3, 2), (2, 4, 3), (3, 2, 4), (3, 3, 3), (2, 2, 2),
    (3, 2, 1), (1, 3, 2), (2, 1, 3), (1, 1, 1),
)  # fmt: skip


def draws(seed: int, count: int) -> Iterator[bytes]:
    """Yield the bytes from which cases are read, first the plainest; a seed gives the same again.

    Examples:
        >>> one, other = (list(draws(seed=7, count=3)) for _ in range(2))
        >>> one == other, any(one[0])
        (True, False)
    """
    generator = Random(seed)
    yield bytes(BYTES)
    for _ in range(count - 1):
        yield generator.randbytes(BYTES)


def read(raw: bytes, tested: Property, layer: Layer) -> Case:
    """Return the case that a property reads from drawn bytes."""
    case = read_case(
        raw, sizes=tested.sizes, values=tested.values, layouts=tested.layouts, zeros=False
    )
    return _within_palette(case) if layer.compiles_per_shape else case


def _within_palette(case: Case) -> Case:
    n, d, m = case.primal.sizes
    for sizes in _PALETTE:
        if sizes[0] <= n and sizes[1] <= d and sizes[2] <= m:
            return case.cut(*map(slice, sizes))
    return case


def small_shapes(largest: int) -> list[tuple[int, int, int]]:
    """Return all sizes (N, D, M) up to the largest.

    Examples:
        >>> len(small_shapes(3))
        27
    """
    sides = range(1, largest + 1)
    shapes = [(n, d, m) for n in sides for d in sides for m in sides]
    return sorted(shapes, key=lambda shape: (sum(shape), shape))


def fails_on(tested: Property, layer: Layer, case: Case) -> Exception | None:
    """Return what the property raises on the case, None where it holds."""
    try:
        # An error state that the layer leaves behind must not hide that it does so next time.
        with np.errstate():
            tested(layer, case)
    except Exception as error:
        return error
    return None


def search(
    tested: Property, layer: Layer, *, max_examples: int = 100, seed: int = 0, shrink: bool = True
) -> Outcome:
    """Search for the smallest case on which the layer breaks the property.

    Args:
        tested: The property.
        layer: The layer under test.
        max_examples: How many cases to try.
        seed: Where the search starts; the same seed finds the same.
        shrink: Whether to look for the smallest such case, or to stop at the first.

    Returns:
        The outcome; if the time runs out, that of the cases until then.

    Examples:
        >>> from affine.checker.reading import load
        >>> from affine.properties import PROPERTIES
        >>> search(PROPERTIES["dw_is_xt_dout"], load("affine"), max_examples=20).status
        'held'
    """
    if not tested.is_observable_on(layer):
        reason = layer.not_applicable.get(tested.name, f"the form has no {tested.needs}")
        return Outcome(tested.name, "not_observable", reason=reason)
    start, tried = perf_counter(), 0
    with suppress(OutOfTime):
        for raw in draws(seed, max_examples):
            case = read(raw, tested, layer)
            error = fails_on(tested, layer, case)
            tried += 1
            if error is not None:
                found = Outcome(
                    tested.name, "falsified", tried, perf_counter() - start, case, error
                )
                return _shrunk(tested, layer, found, raw, start) if shrink else found
    return Outcome(tested.name, "held", tried, perf_counter() - start)


def _shrunk(tested: Property, layer: Layer, found: Outcome, raw: bytes, start: float) -> Outcome:
    """Make the case smaller, byte by byte; then drop rows, features and outputs."""
    best, tried = found, 0

    def fails(smaller: bytes) -> bool:
        nonlocal best, tried
        case = read(smaller, tested, layer)
        error = fails_on(tested, layer, case)
        tried += 1
        if isinstance(error, WorkerDied):
            raise OutOfTime  # each attempt to shrink may cost a process, or the time limit
        if error is not None:
            best = replace(best, counterexample=case, error=error)
        return error is not None

    if not isinstance(found.error, WorkerDied):
        with suppress(OutOfTime):
            if tested.sizes == "usual":
                raw = _at_smallest_sizes(raw, sum(read(raw, tested, layer).primal.sizes), fails)
            shrink(raw, fails)
        best = cropped(tested, layer, best)
    return replace(best, cases=found.cases + tried, seconds=perf_counter() - start)


def _at_smallest_sizes(raw: bytes, total: int, fails: Callable[[bytes], bool]) -> bytes:
    """Return the bytes of a case that fails at sizes with a smaller total, if some are found.

    To lower one byte after the other goes past a mistake that needs other entries at other sizes.
    """
    for sizes in small_shapes(3):
        if sum(sizes) >= total:
            break
        for entries in (raw, *islice(draws(0, _TRIES + 1), 1, None)):
            smaller = at_small_sizes(raw, entries, sizes)
            if fails(smaller):
                return smaller
    return raw


def cropped(tested: Property, layer: Layer, found: Outcome) -> Outcome:
    """Drop rows, features and outputs as long as the property still fails, and time is left.

    Hypothesis lowers one size at a time; a mistake that needs two equal sizes shrinks only when
    both go down together.
    """
    with suppress(OutOfTime):
        while found.counterexample is not None:
            for crop in found.counterexample.crops():
                error = fails_on(tested, layer, crop)
                if isinstance(error, WorkerDied):
                    return found
                if error is not None:
                    found = replace(found, counterexample=crop, error=error)
                    break
            else:
                break
    return found
