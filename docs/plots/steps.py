"""The error of the central difference of this loss, by step size.

With real numbers no step truncates anything: the error is rounding alone, and least near step 1. At
the steps that gradient checks use, 1e-5 and 1e-6, at least four more digits are lost. With integers
the difference at 1, 10, 100, … is exact, until the numbers no longer fit the format. An error is
the largest of 25 draws, relative to the sum of the terms' sizes. A logarithmic axis has no 0, so
what is exactly 0 is in a row of its own.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import nan
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import affine
from affine.layer import Array
from affine.oracle import index_sum
from docs.site_builder.plotting.drawing import INK, in_this_build, panel_with_zero
from docs.site_builder.plotting.measured import Row

SEED, DRAWS = 0, 25
LABELS = {"real": "real numbers", "integers": "integers from −3 to 3"}
STEPS = [float(f"1e{k}") for k in range(-9, 10)]
SHAPES = (3, 3), (3, 3), (3,), (3, 3), (3, 3), (3, 3), (3,)  # of X, W, b, dout, and a direction


def source() -> str:
    return in_this_build(SEED)


def measure() -> Iterator[Row]:
    for dtype in "float64", "float32":
        for numbers in "real", "integers":
            generator = np.random.default_rng(SEED)
            drawn = [operands(generator, numbers, dtype) for _ in range(DRAWS)]
            for step in STEPS:
                worst = max(error(*one, np.dtype(dtype).type(step)) for one in drawn)
                yield {"dtype": dtype, "numbers": numbers, "step": step, "largest error": worst}


def operands(
    generator: np.random.Generator, numbers: str, dtype: str
) -> tuple[list[Array], list[Array]]:
    """Return a point and a direction, of normally distributed numbers or of integers."""
    draw = {
        "real": generator.standard_normal,
        "integers": lambda shape: generator.integers(-3, 4, shape),
    }
    arrays = [draw[numbers](shape).astype(dtype) for shape in SHAPES]
    return arrays[:4], arrays[4:]


def error(point: list[Array], direction: list[Array], step: Any) -> float:
    """Return how far the central difference in floating point is from the exact slope."""
    *theta, dout = point

    def loss(h: Any) -> Any:
        x, w, b = (value + h * move for value, move in zip(theta, direction, strict=True))
        return (dout * affine.forward(x, w, b)).sum()

    found = Fraction(float((loss(step) - loss(-step)) / (2 * step)))
    return float(abs(found - slope(point, direction)) / size(point, direction))


def slope(point: list[Array], direction: list[Array]) -> Fraction:
    """Return ⟨∇L, δ⟩, exactly."""
    x, w, _, dout = point
    x_dot, w_dot, b_dot = direction
    sums = (
        index_sum("nm,nd,dm->", dout, x_dot, w),
        index_sum("nm,nd,dm->", dout, x, w_dot),
        index_sum("nm,m->", dout, b_dot),
    )
    return sum((Fraction(one.item()) for one in sums), Fraction())


def size(point: list[Array], direction: list[Array]) -> Fraction:
    """Return the same sum, of the terms' sizes."""
    return slope([abs(a) for a in point], [abs(a) for a in direction])


def draw(rows: list[Row]) -> Iterator[Figure]:
    for dtype in "float64", "float32":
        figure, axes, zero = panel_with_zero(dtype, x="step", y="error of the slope")
        for numbers, mark, ink in ("real", "o", "second"), ("integers", "s", "first"):
            chosen = [row for row in rows if (row["dtype"], row["numbers"]) == (dtype, numbers)]
            points = [(row["step"], row["largest error"]) for row in chosen]
            # What is 0 leaves a gap in the line above.
            line = [(step, worst or nan) for step, worst in points]
            axes.plot(*zip(*line, strict=True), mark + "-", color=INK[ink], label=LABELS[numbers])
            exact = [step for step, worst in points if worst == 0]
            zero.plot(exact, [0] * len(exact), mark, color=INK[ink])
        axes.set_ylim(1e-18, 1e3)
        yield figure
