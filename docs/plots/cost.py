"""What the three gradients cost, by their formulas and by the explicit Jacobians.

By the Jacobians means that all three are filled, and each is contracted with dout. Memory is
computed from the shapes alone, in single precision. Times are medians, on one thread. No
Jacobian of more than 64 MiB was filled.
"""

from collections.abc import Iterator

from matplotlib.figure import Figure

from docs.site_builder.pictures.areas import BYTES, areas_at
from docs.site_builder.plotting import measured
from docs.site_builder.plotting.drawing import INK, panel
from docs.site_builder.plotting.measured import Row

LABELS = {"gradient": "by the formulas", "Jacobian": "by the Jacobians"}
WAYS = ("gradient", "o", "right"), ("Jacobian", "x", "wrong")


def source() -> str:
    return f"memory is computed in this build, times are {measured.load('cost').origin}"


def measure() -> Iterator[Row]:
    """Yield the stored times, each with the memory of what was timed."""
    for row in measured.load("cost").rows:
        areas = areas_at(dict.fromkeys("NDM", row["N = D = M"]))
        yield row | {
            "gradient, bytes": BYTES * sum(area.gradient for area in areas),
            "Jacobian, bytes": BYTES * sum(area.entries for area in areas),
        }


def draw(rows: list[Row]) -> Iterator[Figure]:
    for what in "bytes", "seconds":
        figure, axes = panel("", x="N = D = M", y=what)
        for way, mark, ink in WAYS:
            found = [(row["N = D = M"], row[f"{way}, {what}"]) for row in rows]
            line = [one for one in found if one[1] is not None]
            axes.plot(*zip(*line, strict=True), f"{mark}-", color=INK[ink], label=LABELS[way])
        yield figure
