"""Make a case on which a property fails as small as it gets."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product
from typing import Any

from affine import cases
from affine.checker.one_case import SMALL_SHAPES, draws, fails_on, outcome_on, read_case
from affine.checker.report import Outcome
from affine.layer import Case, Layer, OutOfTime, WorkerDied
from affine.properties import Property

_TRIES = 4  # of other entries, at each of the small sizes


def shrunk(tested: Property, layer: Layer, failure: Outcome, raw: bytes) -> Outcome:
    """Make the case smaller, byte by byte; then drop rows, features and outputs."""
    if isinstance(failure.error, WorkerDied):
        return failure
    best, ran = failure, dict[tuple[Any, ...], Outcome]()

    def fails(smaller: bytes) -> bool:
        nonlocal best
        case = read_case(smaller, tested, layer)
        # Many bytes read as one case: small sizes leave most of the entries out.
        outcome = ran.get(key := _key(case)) or outcome_on(tested, layer, case)
        ran[key] = outcome
        if isinstance(outcome.error, WorkerDied):
            raise OutOfTime  # each attempt to shrink may cost a process, or the time limit
        if outcome.status == "falsified":
            best = outcome
        return outcome.status == "falsified"

    with suppress(OutOfTime):
        if tested.sizes not in cases.LARGE:
            # To lower one byte after the other goes past a mistake that needs other entries at
            # other sizes.
            total = sum(read_case(raw, tested, layer).primal.sizes)
            smaller = (
                _at_small_sizes(raw, entries, sizes)
                for sizes in SMALL_SHAPES
                if sum(sizes) < total
                for entries in (raw, *islice(draws(0, _TRIES + 1), 1, None))
            )
            raw = next(filter(fails, smaller), raw)
        _shrink(raw, fails)
    return cropped(tested, layer, replace(best, cases=failure.cases + len(ran)))


def _key(case: Case) -> tuple[Any, ...]:
    """Return what tells a case from another: its entries, and how they lie in memory."""
    arrays = (*case.primal, *case.tangent)
    return case.selector, *((a.dtype.str, a.shape, a.strides, a.tobytes()) for a in arrays)


def cropped(tested: Property, layer: Layer, failure: Outcome) -> Outcome:
    """Drop rows, features and outputs as long as the property still fails, and time is left.

    To lower one size at a time goes past a mistake that needs two equal sizes.
    """
    with suppress(OutOfTime):
        while failure.counterexample is not None:
            for crop in crops(failure.counterexample):
                error = fails_on(tested, layer, crop)
                if isinstance(error, WorkerDied):
                    return failure
                if error is not None:
                    failure = replace(failure, counterexample=crop, error=error)
                    break
            else:
                break
    return failure


def _at_small_sizes(raw: bytes, other: bytes, sizes: cases.Sizes) -> bytes:
    """Return the bytes of a case at usual sizes up to 3, with the entries of another one."""
    small = bytes([0, *(size - 1 for size in sizes)])
    return small + raw[len(small) : -cases.POOL_BYTES] + other[-cases.POOL_BYTES :]


def _shrink(raw: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return smaller bytes for which a test still fails, until no single one can be lowered."""
    before = b""
    while raw != before:
        before, size = raw, len(raw)
        while size:  # set whole blocks to zero, large ones first
            for start in range(0, len(raw), size):
                end = min(start + size, len(raw))
                simpler = raw[:start] + bytes(end - start) + raw[end:]
                if simpler != raw and fails(simpler):
                    raw = simpler
            size //= 2
        for place in range(len(raw)):  # lower the others: to one of the smallest, else by halves
            low, tried = 0, iter(range(1, min(raw[place], 5)))
            while raw[place] - low > 1:
                small = next(tried, None)
                lower = (low + raw[place]) // 2 if small is None else small
                simpler = raw[:place] + bytes([lower]) + raw[place + 1 :]
                if fails(simpler):
                    raw, tried = simpler, iter(())
                else:
                    low = lower
    return raw


def crops(case: Case) -> Iterator[Case]:
    """Yield smaller cases: without the first or last half, quarter, …, one of each side.

    Rows, features and outputs are dropped in every combination: a mistake that needs two equal
    sizes survives only when both go down together. Crops are views: they keep the memory layout.
    """
    part = max(case.primal.sizes) // 2
    while part:
        ends = (slice(None), slice(part, None), slice(None, -part))
        for sides in product(ends, repeat=3):
            crop = case.cut(*sides)
            if min(crop.primal.sizes) > 0 and crop.primal.sizes != case.primal.sizes:
                yield crop
        part //= 2
