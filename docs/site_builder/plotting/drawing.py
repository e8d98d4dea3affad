"""What the scripts of docs/plots draw with: panels, inks that the page gives its colours."""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

__all__ = ["COLOURS", "INK", "in_this_build", "panel", "panel_with_zero", "style", "whole_decades"]

# Each ink is drawn in a colour of its own, in whose place the SVG gets a colour of the page.
_VARIABLES = {
    "text": "--md-default-fg-color--light",
    "frame": "--md-default-fg-color--lighter",
    "grid": "--md-default-fg-color--lightest",
    "shade": "--sheet",
    "right": "--held",
    "wrong": "--broken",
    "first": "--side-n",
    "second": "--side-d",
}
INK = {name: f"#0102{at:02x}" for at, name in enumerate(_VARIABLES, start=1)}
COLOURS = {INK[name]: f"var({variable})" for name, variable in _VARIABLES.items()}

_SIZE = 4.8, 3.6  # inches: 346 by 259 pixels, half of the page's column
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def in_this_build(seed: int) -> str:
    """Say where numbers come from that the build measures."""
    return f"measured in this build, with NumPy {np.__version__}, seed {seed}"


@contextmanager
def style() -> Iterator[None]:
    """Draw thin lines, and the same SVG each time."""
    with mpl.rc_context({
        "svg.fonttype": "none",
        "svg.hashsalt": "affine",
        "font.size": 11,
        "axes.titlesize": 11,
        "axes.edgecolor": INK["frame"],
        "axes.labelcolor": INK["text"],
        "axes.titlecolor": INK["text"],
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": INK["grid"],
        "grid.linewidth": 0.8,
        "xtick.color": INK["frame"],
        "ytick.color": INK["frame"],
        "xtick.labelcolor": INK["text"],
        "ytick.labelcolor": INK["text"],
        "lines.linewidth": 1.4,
        "lines.markersize": 4,
    }):  # fmt: skip
        yield


def panel(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    """Return an empty picture with two logarithmic axes."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log", title=title, xlabel=x, ylabel=y)
    for axis in axes.xaxis, axes.yaxis:
        _name_decades(axis)
    return figure, axes


def panel_with_zero(title: str, x: str, y: str) -> tuple[Figure, Axes, Axes]:
    """Return such a picture whose vertical axis is broken: below it is a row for what is 0."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes, zero = figure.subplots(2, sharex=True, height_ratios=(9, 1))
    axes.set(xscale="log", yscale="log", title=title, ylabel=y)
    zero.set(ylim=(-1, 1), yticks=[0], yticklabels=["exactly 0"], xlabel=x)
    for axis in axes.xaxis, axes.yaxis:
        _name_decades(axis)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", bottom=False)
    return figure, axes, zero


def _name_decades(axis: Axis) -> None:
    """Name powers of ten, some seven of them, in characters: mathtext would be paths."""
    axis.set_major_locator(LogLocator(numticks=7))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_power))


def whole_decades(axes: Axes) -> None:
    """Let the vertical axis begin and end at a power of ten, so that two of them are named."""
    low, high = np.log10(axes.get_ylim())
    axes.set_ylim(10 ** np.floor(low), 10 ** np.ceil(high))


def _power(value: float, _: int | None = None) -> str:
    return "10" + str(round(np.log10(value))).translate(_SUPERSCRIPTS)
