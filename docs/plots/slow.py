"""The time of affine check, and the cases it tries, for a layer whose calls sleep.

The budget is 10 seconds here. A slower layer is judged on fewer cases.
"""

from collections.abc import Iterator

from matplotlib.figure import Figure

from docs.site_builder.plotting import measured
from docs.site_builder.plotting.drawing import INK, panel, whole_decades
from docs.site_builder.plotting.measured import Row

SERIES = ("check, seconds", "o-", "first"), ("cases", "s-", "second")


def source() -> str:
    return f"one run each, {measured.load('slow').origin}"


def measure() -> list[Row]:
    return measured.load("slow").rows


def draw(rows: list[Row]) -> Iterator[Figure]:
    sleeps = [row["sleep, seconds"] for row in rows]
    for column, style, ink in SERIES:
        figure, axes = panel("", x="seconds that each call sleeps", y=column)
        axes.plot(sleeps, [row[column] for row in rows], style, color=INK[ink], label=column)
        if column != "cases":
            budget = [row["budget"] for row in rows]
            axes.plot(sleeps, budget, "--", color=INK["text"], label="budget, seconds")
        whole_decades(axes)
        yield figure
