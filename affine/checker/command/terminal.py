"""What is written to standard output and standard error, whoever reads it or has gone away."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["complain", "let_go", "show", "write"]


def show(parts: "Callable[[int], Iterable[RenderableType]]") -> None:
    """Print parts on standard output: in colour on a terminal, unless NO_COLOR says no."""
    from rich.console import Console

    from affine.checker.report.layout import printed

    found = Console()  # of the terminal: its width, and which colours it knows
    write(printed(parts(found.width), found.width, found.color_system), sys.stdout)


def complain(text: str) -> None:
    """Write to standard error; whether anybody reads it changes nothing."""
    with suppress(click.ClickException):
        write(text, sys.stderr)


def write(text: str, stream: TextIO | None) -> None:
    """Write all of a text. That a reader went away (`| head`) is no error of the check."""
    if stream is None:  # closed before this program began
        return
    encoding = stream.encoding or "utf-8"
    # A log that cannot hold an ᵀ gets a question mark, not a traceback.
    text = text.encode(encoding, "replace").decode(encoding)
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        let_go(stream)
    except OSError as error:
        let_go(stream)
        raise click.ClickException(
            f"cannot write to {stream.name}: {error.strerror}; send the output elsewhere"
        ) from error


def let_go(stream: TextIO | None) -> None:
    """Let what is not written yet go nowhere: Python would try once more at its end."""
    with suppress(AttributeError, OSError):  # there is no stream, or no file behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]
