"""Cases per second of `cases()`, beside four `arrays()` strategies for the same four arrays."""

from statistics import median
from time import perf_counter
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

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


def per_second(strategy: st.SearchStrategy[Any]) -> float:
    """Return how many examples of a strategy are drawn in a second."""

    @settings(
        max_examples=DRAWS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: Any) -> None:
        pass

    start = perf_counter()
    draw()
    return DRAWS / (perf_counter() - start)


def main() -> None:
    """Print the medians of three runs, side by side."""
    ours, theirs = (
        median(per_second(strategy) for _ in range(3)) for strategy in (cases(), four_arrays())
    )
    print(f"  cases(), one draw         {ours:6.0f} a second")
    print(f"  four arrays() in C order  {theirs:6.0f} a second, {ours / theirs:.2f} times fewer")


if __name__ == "__main__":
    main()
