"""How far off a right and a wrong layer are, as a multiple of what three rules allow.

In the shaded half a layer is rejected. The right layer is the reference. The wrong one first rounds
its operands to the next smaller format. np.allclose and gradcheck of PyTorch have the tolerances
that they have by default. In float16, and over long sums in float32, np.allclose rejects what is
right; in float64, both accept what is wrong, with few exceptions. The bound rejects nothing that is
right. It widens with K: over a long sum in a small format, a small loss of precision stays within
it.
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

import affine
from affine.layer import Array, Operands
from affine.oracle import bounds, exact
from docs.site_builder.plotting.drawing import INK, in_this_build, panel
from docs.site_builder.plotting.measured import Row

SEED = 0
LONGEST = {"float64": 12, "float32": 12, "float16": 10}  # as powers of two; K·u stays below 1
# What a number keeps in the next smaller format: bits of float32, float16, bfloat16.
KEPT = {"float64": 24, "float32": 11, "float16": 8}
# The defaults of np.allclose and of torch.autograd.gradcheck.
USUAL = {"np.allclose": (1e-5, 1e-8), "gradcheck": (1e-3, 1e-5)}
STYLES = {"the bound": "-", "np.allclose": "--", "gradcheck": ":"}


def source() -> str:
    return in_this_build(SEED)


def measure() -> list[Row]:
    draw = np.random.default_rng(SEED)
    return [row for dtype in KEPT for k in lengths(dtype) for row in judged(draw, dtype, k)]


def lengths(dtype: str) -> list[int]:
    return [2**k for k in range(1, LONGEST[dtype] + 1)]


def judged(draw: np.random.Generator, dtype: str, k: int) -> Iterator[Row]:
    """Judge dW, a sum of k products, by the bound and by two usual tolerances."""
    x, dout = (draw.standard_normal((k, 8)).astype(dtype) for _ in "xd")
    w, b = np.zeros((8, 8), dtype), np.zeros(8, dtype)
    point = Operands(x, w, b, dout)
    right = exact(point, "dw")["dw"]
    allowed = {"the bound": bounds(point, "dw")["dw"]}
    for rule, (rtol, atol) in USUAL.items():
        allowed[rule] = rtol * abs(right).astype(float) + atol
    coarse = rounded(dout, KEPT[dtype]), rounded(x, KEPT[dtype])
    for layer, (dout_used, x_used) in ("right", (dout, x)), ("wrong", coarse):
        error = abs(affine.backward(dout_used, x_used, w).dw.astype(object) - right)
        ratios = {rule: float((error / most).max()) for rule, most in allowed.items()}
        yield {"dtype": dtype, "K": k, "layer": layer, "largest error": float(error.max())} | ratios


def rounded(a: Array, bits: int) -> Array:
    mantissa, exponent = np.frexp(a)
    return np.ldexp(np.rint(mantissa * 2.0**bits) / 2.0**bits, exponent).astype(a.dtype)


def draw(rows: list[Row]) -> Iterator[Figure]:
    for dtype in KEPT:
        figure, axes = panel(dtype, x="K, the length of the sums", y="error / allowed")
        axes.set_ylim(1e-13, 1e10)
        axes.axhspan(1, 1e10, color=INK["shade"], zorder=0)
        axes.axhline(1, color=INK["text"], linewidth=0.8)
        for layer, mark in ("right", "o"), ("wrong", "x"):
            found = [row for row in rows if (row["dtype"], row["layer"]) == (dtype, layer)]
            for rule, style in STYLES.items():
                axes.plot(
                    lengths(dtype),
                    [row[rule] for row in found],
                    mark + style,
                    color=INK[layer],
                    label=f"{layer} layer, by {rule}",
                )
        yield figure
