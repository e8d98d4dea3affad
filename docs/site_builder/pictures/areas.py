"""What the Jacobians would take in memory, as areas to one scale beside the gradients."""

from collections.abc import Mapping
from html import escape
from math import prod, sqrt
from typing import NamedTuple

from affine.equations import EQUATIONS
from docs.site_builder.pictures.boxes import dimensions

BYTES = 4  # single precision
WIDEST, GAP, LABEL = 300.0, 34.0, 44.0


class Area(NamedTuple):
    """A Jacobian, the gradient that it would be contracted to, and its nonzero fraction."""

    name: str
    entries: int
    gradient: int
    nonzero: float


def areas_at(sizes: Mapping[str, int]) -> list[Area]:
    """Return the three Jacobians at sizes N, D and M, by the shapes of the registry."""

    def entries(tag: str, symbol: str) -> int:
        return prod(sizes[name] for name in dimensions(EQUATIONS[tag].symbols[symbol]))

    return [
        Area(
            name,
            entries(f"jacobian-{name.lower()}", f"∂out/∂{name}"),
            entries(f"d{name.lower()}", f"d{name}"),
            # An entry of X meets the outputs of its data point, W and b one column of out.
            1 / sizes["N" if name == "X" else "M"],
        )
        for name in "XWb"
    ]


def _read(sizes: str) -> list[Area]:
    return areas_at({name: int(size) for name, size in (one.split("=") for one in sizes.split())})


def areas(sizes: str) -> str:
    """Return squares for sizes such as `N=64 D=512 M=256`: the Jacobians, and what is not zero."""
    squares = _read(sizes)
    scale = WIDEST / sqrt(max(area.entries for area in squares))
    x, body = 0.0, ""
    for area in squares:
        side = sqrt(area.entries) * scale
        body += f'<g transform="translate({x:g} 0)">{_square(area, side, scale)}</g>'
        x += max(side, 120) + GAP
    width = x - GAP
    return (
        '<div class="boxes-frame" data-search-exclude="true">'
        f'<svg class="boxes areas" role="img" width="{width:g}" height="{WIDEST + 3 * LABEL:g}" '
        f'style="--wide: {width:g}px" '
        f'viewBox="0 {-WIDEST - 4:g} {width:g} {WIDEST + 2.2 * LABEL:g}">'
        f"<title>{escape(areas_text(sizes))}</title>{body}</svg></div>"
    )


def _square(area: Area, side: float, scale: float) -> str:
    gradient = sqrt(area.gradient) * scale
    lines = (
        (f"∂out/∂{area.name}", "name"),
        (memory(area.entries), "side"),
        (f"d{area.name}: {memory(area.gradient)}", "side"),
    )
    labels = "".join(
        f'<text class="{kind}" x="0" y="{18 + 19 * at}">{text}</text>'
        for at, (text, kind) in enumerate(lines)
    )
    return (
        f'<rect class="sheet" y="{-side:g}" width="{side:g}" height="{side:g}"/>'
        f'<rect class="filled" y="{-side:g}" width="{side * area.nonzero:g}" height="{side:g}"/>'
        f'<rect class="gradient" x="{side + 6:g}" y="{-gradient:g}" width="{gradient:g}" '
        f'height="{gradient:g}"/>{labels}'
    )


def areas_text(sizes: str) -> str:
    """Return what the picture shows."""
    sentences = (
        f"the Jacobian with respect to {area.name} takes {memory(area.entries)}, of which one part "
        f"in {1 / area.nonzero:g} can differ from zero, and the gradient {memory(area.gradient)}"
        for area in _read(sizes)
    )
    return f"At {sizes}: {'; '.join(sentences)}."


def memory(entries: int) -> str:
    """Return what so many numbers take in single precision.

    Examples:
        >>> memory(512 * 256)
        '512 KiB'
    """
    size, units = float(entries * BYTES), ["bytes", "KiB", "MiB", "GiB"]
    while size >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return f"{size:.4g} {units[0]}"
