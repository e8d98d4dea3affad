"""How the parts of a text stand on a terminal: a heading, rows with labels, code."""

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

__all__ = ["code", "heading", "indented", "rows", "show", "to_text"]


def heading(said: str, style: str = "bold") -> Text:
    """Return a line that stands out where there is colour."""
    return Text(said, style=style)


def rows(labelled: Iterable[tuple[str, str]], label_style: str = "bold") -> Table:
    """Return rows of a label and what is said, which wraps beside it."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, said in labelled:
        grid.add_row(Text(label, style=label_style), Text(said))
    return grid


def indented(part: RenderableType, by: int = 2) -> Padding:
    """Return a part that stands further to the right."""
    return Padding(part, (0, 0, 0, by))


def code(lines: str, by: int = 4) -> Text:
    """Return code, which is never wrapped: it is there to be copied."""
    return Text("\n".join(" " * by + line if line else "" for line in lines.split("\n")))


def show(console: Console, parts: Iterable[RenderableType]) -> None:
    """Print parts, with an empty line between two; text by itself is not wrapped."""
    for number, part in enumerate(parts):
        if number:
            console.print()
        console.print(part, soft_wrap=isinstance(part, Text), highlight=False)


def to_text(parts: Iterable[RenderableType], width: int = 80) -> str:
    """Return parts as plain text.

    Examples:
        >>> print(to_text([heading("One"), rows([("a", "first"), ("bb", "second")])]))
        One
        <BLANKLINE>
        a   first
        bb  second
    """
    file = io.StringIO()
    show(Console(file=file, width=width, color_system=None), parts)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())
