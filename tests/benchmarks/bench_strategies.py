"""Cases per second of `cases()`, beside four `arrays()` strategies for the same four arrays."""

from collections import Counter
from statistics import median
from time import perf_counter
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affine.cases import kind_of_sizes
from affine.layer import Case
from affine.strategies import cases

DRAWS = 2000
ELEMENTS = st.floats(-10, 10)


@st.composite
def four_arrays(draw: st.DrawFn) -> tuple[Any, ...]:
    """The customary way: one strategy for each array, no layouts, no second set."""
    n, d, m = (draw(st.integers(0, 6)) for _ in "ndm")
    return tuple(
        draw(arrays(float, shape, elements=ELEMENTS)) for shape in ((n, d), (d, m), (m,), (n, m))
    )


def per_second(strategy: st.SearchStrategy[Any], kinds: Counter[str]) -> float:
    """Return how many cases a second are drawn, and count their kinds of sizes."""

    @settings(
        max_examples=DRAWS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: Any) -> None:
        if isinstance(case, Case):
            kinds[kind_of_sizes(case.primal.sizes)] += 1

    start = perf_counter()
    draw()
    return DRAWS / (perf_counter() - start)


def main() -> None:
    """Print the medians of three runs, side by side, and the shares of the kinds of sizes."""
    kinds: Counter[str] = Counter()
    runs = [(per_second(cases(), kinds), per_second(four_arrays(), kinds)) for _ in range(3)]
    ours, theirs = median(run[0] for run in runs), median(run[1] for run in runs)
    print(
        f"  cases():              {ours:6.0f} cases/s (at least 1000): eight arrays, with layouts"
    )
    print(f"  four arrays():        {theirs:6.0f} cases/s: four arrays in C order")
    print(f"  ratio                 {ours / theirs:6.2f}")
    for kind, count in kinds.most_common():
        print(f"  {kind:20s}  {count / kinds.total():6.1%}")


if __name__ == "__main__":
    main()
