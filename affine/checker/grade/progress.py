"""How far a grading has come: on a terminal a bar with its rate; a line each, if asked for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from affine.checker import terminal
from affine.checker.grade.command import Told
from affine.checker.report.words import on_one_line


@contextmanager
def shown(is_verbose: bool) -> Iterator[Told]:
    """Yield what is to be called after each submission."""
    start, bar, task = monotonic(), None, None
    if sys.stderr.isatty():
        columns = "judged", BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}")
        remaining = TimeRemainingColumn(elapsed_when_finished=True)
        bar = Progress(*columns, remaining, console=Console(stderr=True))
        task = bar.add_task("judged", total=None, rate="")

    def told(name: str, word: str, done: int, total: int) -> None:
        if is_verbose:
            terminal.write(f"{word:10} {on_one_line(name)}\n", sys.stdout)
        if bar is not None and task is not None:
            rate = f"{60 * done / (monotonic() - start):.0f} a minute"
            bar.update(task, completed=done, total=total, rate=rate)

    with bar or nullcontext():
        yield told
