"""Time several functions side by side, in one run, and compare their medians."""

import random
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter


def medians(
    functions: Mapping[str, Callable[[], object]], *, rounds: int = 201, calls: int = 1
) -> dict[str, float]:
    """Return the median seconds of a call to each; they take turns, to meet the same noise."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    order = list(functions.items())
    for _ in range(rounds):
        # Each finds the caches as the one before left them, so the order is drawn anew.
        random.shuffle(order)
        for name, function in order:
            start = perf_counter()
            for _ in range(calls):
                function()
            times[name].append((perf_counter() - start) / calls)
    return {name: median(values) for name, values in times.items()}
