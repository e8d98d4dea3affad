"""Options: whatever cannot be meant is refused before the work begins, with what to do instead."""

import os
from math import inf
from pathlib import Path
from typing import Any

import click
from click.types import FloatParamType, StringParamType

__all__ = ["LARGEST_SEED", "Seconds", "Target", "known", "writable"]

LARGEST_SEED = 2**63 - 1


class Target(StringParamType):
    """What is checked. Whether it is there is for the process to say that loads it."""

    _remedy = "name the file of a layer: affine check my_layer.py"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what no file is called."""
        target: str = super().convert(value, param, ctx)
        if not target.strip() or "\0" in target:
            self.fail(f"{target!r} names no file; {self._remedy}", param, ctx)
        return target

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Say what to write."""
        return self._remedy.capitalize()


class Seconds(FloatParamType):
    """A positive number of seconds: no infinity, and not NaN, which passes a `FloatRange`."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Refuse what no clock shows."""
        seconds: float = super().convert(value, param, ctx)
        if not 0 < seconds < inf:
            self.fail(f"{value} is not a time; give a number above 0, such as 10", param, ctx)
        return seconds


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


def known(
    context: click.Context, parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a name that no property has, and offer the closest."""
    if not names:
        return names
    from affine.checker.report.explain import closest
    from affine.properties import PROPERTIES

    for name in names:
        if name not in PROPERTIES:
            hint = closest(name, PROPERTIES) or "`affine list` names them all"
            raise click.BadParameter(f"no property is called {name or repr(name)}; {hint}")
    return names
