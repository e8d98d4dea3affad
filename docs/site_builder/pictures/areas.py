"""What the Jacobians would take in memory, as areas to one scale beside the gradients."""

from html import escape
from math import prod, sqrt
from typing import NamedTuple

from affine.equations import EQUATIONS
from docs.site_builder.pictures.shapes import sides

__all__ = ["areas", "memory", "words"]

BYTES = 4  # single precision
WIDEST, GAP, LABEL = 300.0, 34.0, 44.0


class Area(NamedTuple):
    """A Jacobian, the gradient that it would be contracted to, and the share that is not zero."""

    name: str
    entries: int
    gradient: int
    share: float


def areas(sizes: str) -> str:
    """Return squares for sizes such as `N=64 D=512 M=256`: the Jacobians, and what is not zero."""
    found = _all(sizes)
    scale = WIDEST / sqrt(max(area.entries for area in found))
    x, body = 0.0, ""
    for area in found:
        side = sqrt(area.entries) * scale
        body += f'<g transform="translate({x:g} 0)">{_square(area, side, scale)}</g>'
        x += max(side, 120) + GAP
    wide = x - GAP
    return (
        f'<div class="boxes-frame"><svg class="boxes areas" role="img" width="{wide:g}" '
        f'height="{WIDEST + 3 * LABEL:g}" style="--wide: {wide:g}px" '
        f'viewBox="0 {-WIDEST - 4:g} {wide:g} {WIDEST + 2.2 * LABEL:g}">'
        f"<title>{escape(words(sizes))}</title>{body}</svg></div>"
    )


def words(sizes: str) -> str:
    """Return what the picture shows."""
    return f"At {sizes}: {'; '.join(map(_words, _all(sizes)))}."


def _all(sizes: str) -> list[Area]:
    known = {name: int(size) for name, size in (part.split("=") for part in sizes.split())}
    return [_area(name, known) for name in "XWb"]


def _area(name: str, sizes: dict[str, int]) -> Area:
    jacobian = _entries(EQUATIONS[f"jacobian-{name.lower()}"].symbols[f"∂out/∂{name}"], sizes)
    gradient = EQUATIONS[f"d{name.lower()}"].symbols[f"d{name}"]
    # Only outputs of the same data point see an entry of X, only one column of out sees W and b.
    return Area(name, jacobian, _entries(gradient, sizes), 1 / sizes["N" if name == "X" else "M"])


def _entries(shape: str, sizes: dict[str, int]) -> int:
    return prod(sizes[side] for side in sides(shape))


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
        f'<rect class="filled" y="{-side:g}" width="{side * area.share:g}" height="{side:g}"/>'
        f'<rect class="gradient" x="{side + 6:g}" y="{-gradient:g}" width="{gradient:g}" '
        f'height="{gradient:g}"/>{labels}'
    )


def _words(area: Area) -> str:
    return (
        f"the Jacobian by {area.name} takes {memory(area.entries)}, of which one part in "
        f"{1 / area.share:g} can differ from zero, and the gradient {memory(area.gradient)}"
    )


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
