"""Which generated layers are not read, by each choice: python -m tests.checker.reading.failures.

`--list` adds a line for each of them: its name, and the reason. With a name instead, its source.
"""

import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from affine.checker.reading import load
from tests.checker.reading.conventions import Convention, combinations
from tests.checker.reading.sources import source


@cache
def integers() -> tuple[Any, ...]:
    """Return x, w, b and dout of small integers, with sizes that are all different."""
    generator = np.random.default_rng(0)
    shapes = (5, 3), (3, 4), (4,), (5, 4)
    return tuple(generator.integers(-9, 10, shape).astype(float) for shape in shapes)


def exact() -> dict[str, Any]:
    """Return what a right layer makes of these integers."""
    x, w, b, dout = integers()
    return {"out": x @ w + b, "dx": dout @ w.T, "dw": x.T @ dout, "db": dout.sum(axis=0)}


def reason_of_failure(convention: Convention, folder: Path) -> str:
    """Return why a right layer is not read, or what is wrong of it as it is read."""
    path = folder / "layer.py"
    path.write_text(source(convention), encoding="utf-8")
    try:
        got = load(str(path)).results(*integers())
    except Exception as error:
        return f"{type(error).__name__}: {error}".replace(str(path), "layer.py")
    wrong = [name for name, right in exact().items() if not np.array_equal(got[name], right)]
    return f"wrong: {', '.join(wrong)}" if wrong else ""


def failures() -> dict[Convention, str]:
    """Return the right layers that are not read rightly, each with the reason."""
    with tempfile.TemporaryDirectory() as folder:
        reasons = {each: reason_of_failure(each, Path(folder)) for each in combinations()}
    return {convention: reason for convention, reason in reasons.items() if reason}


def table(failed: dict[Convention, str]) -> str:
    """Return a line for each choice: how many layers that make it fail, of how many."""
    counts = [
        Counter((axis, value) for each in conventions for axis, value in each.choices.items())
        for conventions in (failed, combinations())
    ]
    lines = [f"{len(failed)}/{len(combinations())} failed"]
    for choice in sorted(counts[1]):
        axis, value = choice
        lines.append(f"{axis:10} {value or '–':40} {counts[0][choice]:4}/{counts[1][choice]}")
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Print the table, the list of failures, or one source."""
    named = [each for each in combinations() if str(each) in arguments]
    if named:
        print(*map(source, named), sep="\n\n")
        return
    failed = failures()
    print(table(failed))
    if "--list" in arguments:
        print(*(f"{each}\n    {reason}" for each, reason in failed.items()), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
