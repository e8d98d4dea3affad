"""Cases per second of `cases()`, beside four `arrays()` strategies for the same four arrays."""

from collections import Counter
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affine.cases import build_case, kind_of_sizes
from affine.layer import Case
from affine.strategies import cases, sizes, values

DRAWS = 2000
LARGE_ENOUGH = 12  # entries of X: fewer are equal by chance
ELEMENTS = st.floats(-10, 10)


@st.composite
def four_arrays(draw: st.DrawFn) -> tuple[Any, ...]:
    """The customary way: one strategy for each array, no layouts, no second set."""
    n, d, m = (draw(st.integers(0, 6)) for _ in "ndm")
    return tuple(
        draw(arrays(float, shape, elements=ELEMENTS)) for shape in ((n, d), (d, m), (m,), (n, m))
    )


def drawn_by_parts() -> st.SearchStrategy[Case]:
    """The same cases, with a draw for each part: `filter` hides that they are of this package."""
    return st.builds(build_case, sizes().filter(bool), values().filter(bool), st.just(()))


class Run(NamedTuple):
    """What one strategy gave."""

    per_second: float
    repeated: float
    kinds: Counter[str]


def run(strategy: st.SearchStrategy[Any]) -> Run:
    """Draw many examples: how fast, how many repeat the entries of another, and their sizes."""
    kinds: Counter[str] = Counter()
    entries: list[bytes] = []

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
            if case.primal.x.size >= LARGE_ENOUGH:
                entries.append(case.primal.x.tobytes())

    start = perf_counter()
    draw()
    rate = DRAWS / (perf_counter() - start)
    return Run(rate, 1 - len(set(entries)) / len(entries) if entries else 0.0, kinds)


def main() -> None:
    """Print the medians of three runs, side by side, and the shares of the kinds of sizes."""
    strategies = {
        "cases(), one draw": cases(),
        "cases(), a draw for each part": drawn_by_parts(),
        "four arrays() in C order": four_arrays(),
    }
    runs = {name: [run(strategy) for _ in range(3)] for name, strategy in strategies.items()}
    ours = median(one.per_second for one in runs["cases(), one draw"])
    for name, three in runs.items():
        rate = median(one.per_second for one in three)
        repeated = median(one.repeated for one in three)
        again = f", {repeated:.0%} with the entries of an earlier case" if repeated else ""
        print(f"  {name:30s} {rate:6.0f} a second, {ours / rate:5.2f} of ours{again}")
    for kind, count in runs["cases(), one draw"][0].kinds.most_common():
        print(f"  {kind:30s} {count / DRAWS:6.1%}")


if __name__ == "__main__":
    main()
