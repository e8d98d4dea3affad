"""Pictures of matplotlib as SVG inside a page: its colours, its fonts, no ids, no style sheet."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from io import StringIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from matplotlib.artist import getp
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from docs.site_builder.plotting.drawing import COLOURS

__all__ = ["legend", "svg"]

_SWATCH = 36, 12
_LINK = "{http://www.w3.org/1999/xlink}href"
_FONT = re.compile(r"font-family: [^;]+; ?")
_DECIMALS = re.compile(r"\d+\.\d+")
_UNTURNED = re.compile(r"rotate\(-0 [^)]*\)")


def svg(figure: Figure, title: str) -> str:
    """Return a picture as one SVG element that is described by its titles."""
    found = _drawn(figure)
    named = [title, *(axes.get_title() for axes in figure.axes)]
    attributes = {
        "class": "plot-panel",
        "role": "img",
        "viewBox": found.attrib["viewBox"],
        "width": found.attrib["width"].removesuffix("pt"),
        "height": found.attrib["height"].removesuffix("pt"),
    }
    clean = Element("svg", attributes)
    SubElement(clean, "title").text = " ".join(filter(None, named))
    clean.extend(list(_flat(found, _markers(found))))
    return _coloured(ElementTree.tostring(clean, encoding="unicode"))


def _drawn(figure: Figure) -> Element:
    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    return ElementTree.fromstring(text.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))


def _markers(found: Element) -> dict[str, Element]:
    """What is drawn more than once, by its id."""
    return {f"#{shape.attrib['id']}": shape for shape in found.iterfind(".//defs/path[@id]")}


def _flat(parent: Element, markers: dict[str, Element]) -> Iterator[Element]:
    """Yield what is visible, without groups; each marker stands for itself, so no id is left."""
    for child in parent:
        if child.tag == "g":
            yield from _flat(child, markers)
        elif child.tag == "use":
            yield _placed(child, markers[child.attrib[_LINK]])
        elif child.tag == "text":
            yield _written(child)
        elif child.tag == "path" and child.get("style") != "fill: none":
            yield _path(child.attrib["d"], child.attrib["style"])


def _path(d: str, style: str, **attributes: str) -> Element:
    return Element("path", {"d": _rounded(" ".join(d.split())), "style": style, **attributes})


def _placed(use: Element, marker: Element) -> Element:
    x, y = _rounded(use.attrib["x"]), _rounded(use.attrib["y"])
    if "C" in marker.attrib["d"]:  # Of the markers, only circles are curved.
        radius = _rounded(marker.attrib["d"].split()[2])
        return Element("circle", {"cx": x, "cy": y, "r": radius, "style": use.attrib["style"]})
    return _path(marker.attrib["d"], use.attrib["style"], transform=f"translate({x} {y})")


def _written(text: Element) -> Element:
    kept = {"style": _FONT.sub("", text.attrib["style"])}
    for name in "x", "y", "transform":
        value = _UNTURNED.sub("", _rounded(text.get(name, "")))
        kept |= {name: value} if value else {}
    written = Element("text", kept)
    written.text = text.text
    return written


def _rounded(numbers: str) -> str:
    return _DECIMALS.sub(lambda found: f"{round(float(found[0]), 2):g}", numbers)


def _coloured(text: str) -> str:
    for ink, colour in COLOURS.items():
        text = text.replace(ink, colour)
    return text


# ------------------------------------------------------------------ legend


def legend(figures: Sequence[Figure]) -> str:
    """Return what each kind of line means, named once for all pictures."""
    lines = {
        str(line.get_label()): line
        for figure in figures
        for axes in figure.axes
        for line in axes.get_lines()
        if not str(line.get_label()).startswith("_")  # matplotlib's own name for the rest
    }
    items = "".join(f"<li>{_swatch(line)}{escape(label)}</li>" for label, line in lines.items())
    return f'<ul class="plot-legend">{items}</ul>'


def _swatch(line: Line2D) -> str:
    """A piece of a line, with its marker."""
    wide, high = _SWATCH
    figure = Figure(figsize=(wide / 72, high / 72))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 2), ylim=(-1, 1))
    axes.set_axis_off()
    kept = ("linestyle", "linewidth", "color", "marker", "markersize")
    axes.plot([0, 1, 2], [0, 0, 0], markevery=[1], **{one: getp(line, one) for one in kept})
    found = _drawn(figure)
    clean = Element("svg", {"aria-hidden": "true", "width": str(wide), "height": str(high)})
    clean.extend(list(_flat(found, _markers(found))))
    return _coloured(ElementTree.tostring(clean, encoding="unicode"))
