"""What the scripts of docs/plots draw with: panels, inks that the page gives its colours.

A picture goes into a page as SVG with the page's fonts, without ids and without a style sheet.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from io import StringIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import matplotlib as mpl
import numpy as np
from matplotlib.artist import getp
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

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

    def power(value: float, _: int | None = None) -> str:
        return "10" + str(round(np.log10(value))).translate(_SUPERSCRIPTS)

    axis.set_major_locator(LogLocator(numticks=7))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(power))


def whole_decades(axes: Axes) -> None:
    """Let the vertical axis begin and end at a power of ten, so that two of them are named."""
    low, high = np.log10(axes.get_ylim())
    axes.set_ylim(10 ** np.floor(low), 10 ** np.ceil(high))


# ------------------------------------------------------------------ SVG

_SWATCH = 36, 12
_LINK = "{http://www.w3.org/1999/xlink}href"
_FONT = re.compile(r"font-family: [^;]+; ?")
_DECIMALS = re.compile(r"\d+\.\d+")
_UNTURNED = re.compile(r"rotate\(-0 [^)]*\)")


def to_svg(figure: Figure, title: str) -> str:
    """Return a picture as one SVG element that is described by its titles."""
    drawn = _drawn(figure)
    attributes = {"class": "plot-panel", "role": "img", "viewBox": drawn.attrib["viewBox"]}
    attributes |= {name: drawn.attrib[name].removesuffix("pt") for name in ("width", "height")}
    titles = [title, *(axes.get_title() for axes in figure.axes)]
    return _cleaned(drawn, attributes, " ".join(filter(None, titles)))


def _drawn(figure: Figure) -> Element:
    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    return ElementTree.fromstring(text.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))


def _cleaned(drawn: Element, attributes: dict[str, str], title: str = "") -> str:
    """Return what is visible of a drawing, in colours of the page."""
    clean = Element("svg", attributes)
    if title:
        SubElement(clean, "title").text = title
    clean.extend(list(_flat(drawn)))
    text = ElementTree.tostring(clean, encoding="unicode")
    for name, variable in _VARIABLES.items():
        text = text.replace(INK[name], f"var({variable})")
    return text


def _flat(drawn: Element) -> Iterator[Element]:
    """Yield what is visible, without groups; each marker stands for itself, so no id is left."""
    markers = {f"#{shape.attrib['id']}": shape for shape in drawn.iterfind(".//defs/path[@id]")}
    for child in drawn.iter():
        if "id" in child.attrib:
            continue  # a group, or what a marker repeats
        if child.tag == "use":
            shape, style = markers[child.attrib[_LINK]].attrib["d"], child.attrib["style"]
            x, y = _rounded(child.attrib["x"]), _rounded(child.attrib["y"])
            if "C" in shape:  # Of the markers, only circles are curved.
                radius = _rounded(shape.split()[2])
                yield Element("circle", {"cx": x, "cy": y, "r": radius, "style": style})
            else:
                yield _path(shape, style, transform=f"translate({x} {y})")
        elif child.tag == "text":
            kept = {"style": _FONT.sub("", child.attrib["style"])}
            for name in "x", "y", "transform":
                value = _UNTURNED.sub("", _rounded(child.get(name, "")))
                kept |= {name: value} if value else {}
            written = Element("text", kept)
            written.text = child.text
            yield written
        elif (
            child.tag == "path" and "id" not in child.attrib and child.get("style") != "fill: none"
        ):
            yield _path(child.attrib["d"], child.attrib["style"])


def _path(d: str, style: str, **attributes: str) -> Element:
    return Element("path", {"d": _rounded(" ".join(d.split())), "style": style, **attributes})


def _rounded(numbers: str) -> str:
    return _DECIMALS.sub(lambda match: f"{round(float(match[0]), 2):g}", numbers)


def legend(figures: Sequence[Figure]) -> str:
    """Return what each kind of line means, named once for all pictures."""
    lines = {
        str(line.get_label()): line
        for figure in figures
        for axes in figure.axes
        for line in axes.get_lines()
        if not str(line.get_label()).startswith("_")  # matplotlib's own name for the rest
    }
    width, height = _SWATCH
    attributes = {"aria-hidden": "true", "width": str(width), "height": str(height)}
    items = ""
    for label, line in lines.items():
        # A piece of the line, with its marker.
        kept = ("linestyle", "linewidth", "color", "marker", "markersize")
        figure = Figure(figsize=(width / 72, height / 72))
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 2), ylim=(-1, 1))
        axes.set_axis_off()
        axes.plot([0, 1, 2], [0, 0, 0], markevery=[1], **{one: getp(line, one) for one in kept})
        items += f"<li>{_cleaned(_drawn(figure), attributes)}{escape(label)}</li>"
    return f'<ul class="plot-legend">{items}</ul>'
