"""How the parts of a text stand on a terminal: a heading, rows with labels, code.

Whatever is printed passes through here, so here nothing in a text is left that acts on a terminal.
"""

import io
from collections.abc import Iterable
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from affine.checker.report.words import escaped, without_commands


def paragraph(text: str, style: str = "") -> Text:
    """Return a text as it is: no markup in it is followed."""
    return Text(escaped(text), style=style, overflow="fold")


def heading(text: str, style: str = "bold") -> Text:
    """Return a line that stands out where there is colour."""
    return paragraph(text, style)


def rows(labelled: Iterable[tuple[str, str]]) -> Table:
    """Return rows of a label and a text, which wraps beside it; without those that are empty."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in labelled:
        if text:
            grid.add_row(heading(label), paragraph(text))
    return grid


def indented(part: RenderableType, by: int = 2) -> Padding:
    """Return a part that stands further to the right, and wraps."""
    return Padding(part, (0, 0, 0, by))


def code(lines: str, by: int = 4) -> Text:
    """Return code, which is never wrapped: it is there to be copied."""
    return paragraph("\n".join(" " * by + line if line else "" for line in lines.split("\n")))


def printed(parts: Iterable[RenderableType], width: int, colours: Any = None) -> str:
    """Return what a console prints of parts, with an empty line between two.

    Text by itself is not wrapped. Where other text was wrapped, no line became a command to a CI.
    """
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=colours, force_terminal=False)
    for number, part in enumerate(parts):
        if number:
            console.print()
        console.print(part, soft_wrap=isinstance(part, Text), highlight=False)
    return without_commands("\n".join(line.rstrip() for line in file.getvalue().split("\n")))
