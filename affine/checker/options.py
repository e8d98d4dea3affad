"""What a check is told on the command line.

What cannot be meant is refused before the work begins, with what to do instead.
"""

import os
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

import click

from affine.checker import PROFILES, REDUCTIONS, seed_from, selected


def nameable(context: click.Context, parameter: click.Parameter, target: str | None) -> str:
    """Refuse what no file is called. Whether it is there, the process says that loads it."""
    remedy = "name the file of a layer: affine check my_layer.py"
    if target is None:
        raise click.MissingParameter(remedy.capitalize(), context, parameter)
    if not target.strip() or "\0" in target:
        raise click.BadParameter(f"{target!r} names no file; {remedy}")
    return target


def _positive(context: click.Context, parameter: click.Parameter, seconds: float) -> float:
    """Refuse what no clock shows: also infinity, and NaN, which passes a `FloatRange`."""
    if not 0 < seconds < inf:
        raise click.BadParameter(f"{seconds:g} is not a time; give a number above 0, such as 10")
    return seconds


def _seed(context: click.Context, parameter: click.Parameter, given: str) -> int:
    """Refuse what is not a seed."""
    try:
        return seed_from(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def writable(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a file that cannot be written before the work is done, not after."""
    if path is None or str(path) == "-":
        return path
    try:
        if path.is_dir():
            raise click.BadParameter(f"{path} is a folder; name a file: {path / 'report.json'}")
        if not path.parent.is_dir():
            raise click.BadParameter(f"there is no folder {path.parent}; make it first")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise click.BadParameter(f"{path} cannot be written; name a file in another folder")
    except OSError as error:
        raise click.BadParameter(f"{error.strerror}; name another file") from error
    return path


def _known(
    context: click.Context, parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a name that no property has, and offer the closest."""
    try:
        if names:
            selected(PROFILES[0], names)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return names


_TIME: dict[str, Any] = {"metavar": "SECONDS", "callback": _positive}


def options_of_a_check(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that decide what is checked, and for how long."""
    for option in reversed([
        click.option(
            "--profile", default="textbook", type=click.Choice(PROFILES),
            help="textbook: what every right layer does. library: also what a published one should "
            "promise. framework: also compiling and batching.",
        ),
        click.option(
            "--seed", default="0", metavar="N", callback=_seed,
            help="Draw other cases; the same seed draws the same ones.",
        ),
        click.option(
            "--only", multiple=True, metavar="NAME", callback=_known,
            help="Run this property alone; give it again for another one.",
        ),
        click.option(
            "--reduction", default="sum", type=click.Choice(REDUCTIONS),
            help="mean: dw and db are averages over the batch, as some courses ask.",
        ),
        click.option(
            "--timeout", default=10.0, **_TIME,
            help="Seconds that one call of the layer may take; longer is a failure.",
        ),
        click.option(
            "--budget", default=30.0, **_TIME,
            help="Seconds that the check may take; it ends at most five later.",
        ),
    ]):  # fmt: skip
        command = option(command)
    return command
