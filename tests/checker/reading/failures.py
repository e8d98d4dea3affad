"""Which generated layers are not read as they should be: python -m tests.checker.reading.failures.

It counts, for each choice of a convention, the right layers that are not read. `--wrong` adds those
with a mistake that are refused though their names leave no doubt, and `--odd` those that should be
refused, and are read. `--list` adds the name of each, with the reason. With names of conventions
instead, it prints their sources.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from affine.checker.reading import TargetError, load
from affine.layer import Layer
from tests.checker.reading.conventions import Convention, combinations
from tests.checker.reading.formulas import MISTAKES, fits, leaves_doubt
from tests.checker.reading.sources import UNREADABLE, source, suits

Case: TypeAlias = tuple[Convention, str]
"""A convention, and a mistake or something odd; `""` for neither."""


@cache
def integers() -> tuple[Any, Any, Any, Any]:
    """Return x, w, b and dout of small integers, with sizes that are all different."""
    generator = np.random.default_rng(0)
    x, w, b, dout = (
        generator.integers(-9, 10, shape).astype(float) for shape in ((5, 3), (3, 4), (4,), (5, 4))
    )
    return x, w, b, dout


def exact() -> dict[str, Any]:
    """Return what a right layer makes of these integers."""
    x, w, b, dout = integers()
    return {"out": x @ w + b, "dx": dout @ w.T, "dw": x.T @ dout, "db": dout.sum(axis=0)}


def right_cases() -> list[Case]:
    """Return the right layers."""
    return [(each, "") for each in combinations()]


def wrong_cases() -> list[Case]:
    """Return every mistake in each convention in which it can be made."""
    return [
        (each, mistake) for each in combinations() for mistake in MISTAKES if fits(each, mistake)
    ]


def odd_cases() -> list[Case]:
    """Return everything unreadable in each convention that it suits."""
    return [
        (each, oddity) for each in combinations() for oddity in UNREADABLE if suits(each, oddity)
    ]


def read(folder: Path, case: Case) -> Layer:
    """Return the layer of a case as it is read from a file."""
    convention, change = case
    path = folder / "layer.py"
    mistake, oddity = ("", change) if change in UNREADABLE else (change, "")
    path.write_text(source(convention, mistake, oddity), encoding="utf-8")
    return load(str(path))


def _reason(case: Case, folder: Path) -> str:
    """Return why a layer is not read as it should be, `""` if it is."""
    _, change = case
    try:
        layer = read(folder, case)
        got = {} if change else layer.results(*integers())
    except Exception as error:
        expected = isinstance(error, TargetError) and (change in UNREADABLE or leaves_doubt(*case))
        return "" if expected else f"{type(error).__name__}: {error}"
    if change in UNREADABLE:
        return f"read as {layer.form}"
    wrong = [name for name in got if not np.array_equal(got[name], exact()[name])]
    return f"wrong: {', '.join(wrong)}" if wrong else ""


def failures(cases: Iterable[Case]) -> dict[Case, str]:
    """Return the layers that are not read as they should be, each with the reason."""
    with tempfile.TemporaryDirectory() as folder:
        reasons = {case: _reason(case, Path(folder)) for case in cases}
    return {case: reason for case, reason in reasons.items() if reason}


def _choices(case: Case) -> Iterator[tuple[str, str]]:
    convention, change = case
    yield from convention.choices.items()
    yield from [("change", change)] * bool(change)


def table(failed: Iterable[Case], cases: Iterable[Case]) -> str:
    """Return a line for each choice: how many layers that make it fail, of how many."""
    bad, every = (
        Counter(each for case in some for each in _choices(case)) for some in (failed, cases)
    )
    lines = [
        f"{axis:10} {value or '–':40} {bad[axis, value]:4}/{every[axis, value]}"
        for axis, value in sorted(every)
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Print tables, and lists of failures, or the sources of conventions."""
    named = [each for each in combinations() if str(each) in arguments]
    if named:
        print(*map(source, named), sep="\n\n")
        return
    kinds = {"--right": right_cases(), "--wrong": wrong_cases(), "--odd": odd_cases()}
    for option, cases in kinds.items():
        if option != "--right" and option not in arguments:
            continue
        failed = failures(cases)
        print(table(failed, cases))
        if "--list" in arguments:
            print(
                *(f"{each} {change}\n    {why}" for (each, change), why in failed.items()), sep="\n"
            )
        print(f"{option[2:]}: {len(failed)} of {len(cases)} fail")


if __name__ == "__main__":
    main(sys.argv[1:])
