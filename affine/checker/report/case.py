"""The smallest case of a failure: its operands, what was expected, and what was got."""

import re
from collections.abc import Iterator, Mapping, Sequence
from numbers import Rational
from typing import Any, TypeGuard

import numpy as np
from rich.text import Text

from affine.checker.report.findings import Outcome
from affine.checker.report.literals import layout
from affine.checker.report.matrices import Block, block, number, side_by_side, window
from affine.checker.report.snippet import direct, mentions, operands, replay, seen
from affine.checker.report.words import message
from affine.layer import Array, Case, Operands, WorkerDied
from affine.oracle import Violation

__all__ = ["case_lines"]

_SIDES = {
    "x": "ND", "w": "DM", "b": "M", "dout": "NM", "out": "NM", "dx": "ND", "dw": "DM", "db": "M",
}  # fmt: skip
_NEEDED = {"out": ("x", "w", "b"), "dx": ("dout", "w"), "dw": ("x", "dout"), "db": ("dout",)}


def case_lines(outcome: Outcome, width: int, reduction: str = "sum") -> Iterator[Text]:
    """Yield the smallest case as lines: its sizes, its operands, then expected and got.

    Examples:
        >>> two = np.full((2, 1), 2.0)
        >>> point = Operands(two, np.zeros((1, 1)), np.zeros(1), two)
        >>> error = Violation("dw is wrong", "dw", np.array([[4.0]]), np.array([[8]]))
        >>> outcome = Outcome("mine", "falsified", 1, 0.1, Case(point, point), error)
        >>> for line in case_lines(outcome, width=80):
        ...     print(line.plain.rstrip())
        The smallest case that shows it: N = 2, D = 1, M = 1
        <BLANKLINE>
        x (2×1)   dout (2×1)
        [2]       [2]
        [2]       [2]
        <BLANKLINE>
        expected dw (1×1)   got dw (1×1)
        [8]                 [›4‹]
    """
    given = seen(outcome, reduction)
    expected = direct(given, reduction)
    case = given.counterexample
    if case is None:
        return
    n, d, m = _sizes(case, given.error)
    # To shrink a case on which the process ends would take a process, or a time limit, a step.
    which = "A case" if isinstance(given.error, WorkerDied) else "The smallest case"
    yield Text(f"{which} that shows it: N = {n}, D = {d}, M = {m}{_format(case.primal)}")
    if reduction == "mean" and expected is None:
        yield Text(
            "The layer is given N·dout and its dx is divided by N: dw and db are sums again."
        )
    wrong = _differing(given)
    shown = _windows(case.primal, given.error, wrong)
    for blocks in (_operands(case, given, expected, shown), _results(given, expected, shown)):
        if blocks:
            yield Text()
            yield from side_by_side(blocks, width)


def _sizes(case: Case, error: Exception | None) -> tuple[int, ...]:
    """The sizes of the case, or those that the property made of it and says."""
    made = re.search(r"at sizes \((\d+), (\d+), (\d+)\)", message(error))
    return tuple(map(int, made.groups())) if made else case.primal.sizes


def _format(point: Operands) -> str:
    """The dtype, where it is one and not the usual one."""
    names = {array.dtype.name for array in point}
    return f", {names.pop()}" if len(names) == 1 and names != {"float64"} else ""


def _differing(outcome: Outcome) -> Array | None:
    """Return where expected and got differ, None where they cannot be compared."""
    got, expected = getattr(outcome.error, "got", None), getattr(outcome.error, "expected", None)
    if not (_is_matrix(got) and _is_matrix(expected)) or got.shape != expected.shape:
        return None
    one, other = np.asarray(got), np.asarray(expected)
    both_nan = (one != one) & (other != other)
    return np.asarray((one.astype(object) != other.astype(object)) & ~both_nan, dtype=bool)


def _is_matrix(value: Any) -> TypeGuard[Array]:
    """Whether it is an array of numbers; a layer may return an array of anything."""
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return False
    exact = value.dtype.kind == "O" and all(isinstance(one, Rational) for one in value.flat)
    return value.dtype.kind in "fiu" or exact


def _windows(point: Operands, error: Exception | None, wrong: Array | None) -> Mapping[str, slice]:
    """Return which part of N, D and M is shown: around the first entry that differs."""
    sizes = dict(zip("NDM", point.sizes, strict=True))
    centres = {side: _busiest(point, side) for side in sizes}
    sides = _SIDES.get(getattr(error, "quantity", ""), "")
    if wrong is not None and wrong.any() and wrong.shape == _shape(point, sides):
        centres |= dict(zip(sides, map(int, np.argwhere(wrong)[0]), strict=True))
    return {side: window(size, centres[side]) for side, size in sizes.items()}


def _busiest(point: Operands, side: str) -> int:
    """The last place along a side at which an operand is not 0: a shrunk case is 0 elsewhere."""
    places = [0]
    for name, array in point._asdict().items():
        if side in _SIDES[name]:
            places += list(np.nonzero(array)[_SIDES[name].index(side)])
    return int(max(places))


def _operands(
    case: Case, outcome: Outcome, expected: Array | None, shown: Mapping[str, slice]
) -> Sequence[Block]:
    """The operands of the wrong quantity, and whatever else did not shrink to 0."""
    quantity = getattr(outcome.error, "quantity", "")
    raised = not isinstance(outcome.error, Violation)
    needed = Operands._fields if raised else () if expected is None else _NEEDED[quantity]
    mixed = len({array.dtype for array in case.primal}) > 1
    blocks = []
    for name, array in operands(case).items():
        used = name in case.primal._fields or mentions(replay(outcome), name)
        if name in needed or (used and array.any()):
            notes = [array.dtype.name if mixed else "", layout(array)]
            part = [shown[side] for side in _SIDES[name.rstrip("2")]]
            note = "".join(f", {note}" for note in notes if note)
            blocks.append(block(name, array, shown=part, note=note))
    return blocks


def _results(
    outcome: Outcome, expected: Array | None, shown: Mapping[str, slice]
) -> Sequence[Block]:
    case, error = outcome.counterexample, outcome.error
    if case is None or not isinstance(error, Violation) or not _is_matrix(error.got):
        return []
    got, wrong = np.asarray(error.got), _differing(outcome)
    should = expected if error.expected is None else error.expected
    pair = [("got", got, "bold red", ("›", "‹"))]
    if _is_matrix(should):
        pair.insert(0, ("expected", should, "bold green", ("", "")))
    fully = wrong is not None and _is_matrix(should) and _look_alike(should[wrong], got[wrong])
    sides = _SIDES.get(error.quantity, "")
    whole = wrong is not None and got.shape == _shape(case.primal, sides)
    return [
        block(
            f"{word} {error.quantity}",
            array,
            shown=[shown[side] for side in sides] if whole else _around(array, wrong),
            marks=wrong,
            fully=fully,
            style=style,
            signs=signs,
        )
        for word, array, style, signs in pair
    ]


def _shape(point: Operands, sides: str) -> tuple[int, ...]:
    sizes = dict(zip("NDM", point.sizes, strict=True))
    return tuple(sizes[side] for side in sides)


def _around(array: Array, wrong: Array | None) -> Sequence[slice]:
    first = [0] * array.ndim if wrong is None or not wrong.any() else np.argwhere(wrong)[0]
    return [window(size, int(at)) for size, at in zip(array.shape, first, strict=True)]


def _look_alike(expected: Array, got: Array) -> bool:
    """Whether a difference does not show in short numbers."""
    return any(number(one) == number(other) for one, other in zip(expected, got, strict=True))
