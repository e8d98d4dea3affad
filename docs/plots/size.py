"""The time of checking one case, by its size.

One draw of the certificate: the output is compared with integer arithmetic, the gradients with the
central difference. The layer's part is three forward passes and a backward pass; the rest is exact
arithmetic. A check draws four cases at each of twelve shapes, with dimensions of at most 129.
"""

from collections.abc import Iterator

from matplotlib.figure import Figure

from docs.site_builder.plotting import measured
from docs.site_builder.plotting.drawing import INK, panel
from docs.site_builder.plotting.measured import Row

SERIES = ("judged", "o-", "first"), ("called", "s--", "right")
LABELS = {"judged": "the whole case", "called": "the layer's part"}


def source() -> str:
    return f"medians, {measured.load('size').origin}"


def measure() -> list[Row]:
    return measured.load("size").rows


def draw(rows: list[Row]) -> Iterator[Figure]:
    figure, axes = panel("", x="N = D = M", y="seconds")
    sizes = [row["N = D = M"] for row in rows]
    for name, style, ink in SERIES:
        times = [row[f"{name}, seconds"] for row in rows]
        axes.plot(sizes, times, style, color=INK[ink], label=LABELS[name])
    yield figure
