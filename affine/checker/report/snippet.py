"""A failure as a reader sees it, and a few lines of NumPy that show it without this package."""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from importlib.resources import files
from keyword import iskeyword
from math import prod
from textwrap import TextWrapper
from typing import Any, TypeGuard

import numpy as np

from affine.checker.exceptions import NotThreeGradients, cut
from affine.checker.memory import order
from affine.checker.report import Outcome
from affine.checker.report.words import code_number, describe
from affine.checker.result_counts import WrongCount
from affine.layer import Array, Case, Operands, WorkerDied
from affine.memory import extent
from affine.oracle import Violation, exact, expect_equal, expect_within
from affine.properties import PROPERTIES, Property
from affine.quantities import GRADIENTS, QUANTITIES

_CODE = tomllib.loads(files(__package__).joinpath("replays.toml").read_text(encoding="utf-8"))
_SUMMING: str = _CODE.pop("summing")
REPLAYS: Mapping[str, str] = {name: lines.strip() for name, lines in _CODE.items()}
"""Lines that show how a property fails, where one plain call does not, by its name."""

_EVERYTHING = "out, pullback = vjp(x, w, b)\ndx, dw, db = pullback(dout)"
_COUNT = """\
gradients = vjp(x, w, b)[1](dout)
assert isinstance(gradients, tuple | list) and len(gradients) == 3, repr(gradients)[:200]"""
_EVERY_DIGIT = 'np.set_printoptions(floatmode="unique")\n'
THE_END = "every call returned"
"""What code prints at its end that should not come there."""
_SMALL, _FEW = 16, 12
_WRAPPED = TextWrapper(80, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The case on which a property fails, without what has nothing to do with the failure.

    `expected` is what one plain call at the case should return; None where it takes other calls to
    show the failure. These then call a layer that is held to averages as if it summed: `is_summed`.
    `given` is what the layer was given, also where a property made that of the case.
    """

    case: Case
    error: Exception
    tested: Property | None
    expected: Array | None
    is_summed: bool
    given: Operands

    @property
    def violation(self) -> Violation:
        """What is wrong with a result; of none where the layer raised."""
        return self.error if isinstance(self.error, Violation) else Violation("")

    @property
    def replay(self) -> str:
        """The lines that show the failure, `""` where one plain call does."""
        return REPLAYS.get(self.tested.name, "") if self.tested else ""

    @property
    def sizes(self) -> tuple[int, int, int]:
        """N, D and M of what the layer was given."""
        _, w, b, dout = self.given
        return prod(dout.shape[:-1]), len(w), len(b)

    def operands(self) -> Mapping[str, Array]:
        """The operands by the names that snippets give them."""
        second = {f"{name}2": array for name, array in self.case.tangent._asdict().items()}
        return self.case.primal._asdict() | second


def counterexample(outcome: Outcome, reduction: str = "sum") -> Counterexample | None:
    """Return the counterexample of a falsified property, None where there is none.

    A layer that is held to averages was given N·dout, and its dx was divided by N: then dw and db
    must be the sums over dout, [(average)][eq-average], and all properties are as for any layer.
    """
    case, error, tested = outcome.counterexample, outcome.error, PROPERTIES.get(outcome.name)
    if case is None or error is None:
        return None
    if tested is not None and not tested.layouts:  # shrinking leaves views of larger arrays
        in_c_order = partial(np.array, order="C")
        primal, tangent = case.primal.map(in_c_order), case.tangent.map(in_c_order)
        case = replace(case, primal=primal, tangent=tangent)
    given = getattr(error, "given", None)
    if given is not None and tested is not None and tested.name not in REPLAYS and not tested.needs:
        case, given = replace(case, primal=given), None  # one plain call shows it
    expected = _expected_of_a_plain_call(case, error) if outcome.name not in REPLAYS else None
    if reduction == "mean" and expected is not None and isinstance(error, Violation):
        count = len(case.primal.dout)
        factor = count if error.quantity == "dx" else 1
        case = replace(case, primal=case.primal._replace(dout=case.primal.dout * count))
        expected = expected * factor
        got = error.got * factor if _is_floating(error.got) else error.got
        should = None if error.expected is None else np.asarray(error.expected) * factor
        bound = None if error.bound is None else error.bound * factor
        error = _scaled(error, got, should, bound)
    is_summed = reduction == "mean" and expected is None
    return Counterexample(case, error, tested, expected, is_summed, given or case.primal)


def _scaled(error: Violation, got: Any, should: Any, bound: Array | None) -> Violation:
    """Return what is wrong with a result in other numbers, which its message says as well."""
    try:
        if bound is None:
            expect_equal(error.quantity, got, should)
        else:
            expect_within(error.quantity, got, should, bound)
    except Violation as other:
        return other
    return Violation(str(error), error.quantity, got, should, bound=bound)


def _is_floating(result: Any) -> TypeGuard[Array]:
    return isinstance(result, np.ndarray | np.generic) and result.dtype.kind == "f"


def _expected_of_a_plain_call(case: Case, error: Exception) -> Array | None:
    if not isinstance(error, Violation) or error.quantity not in QUANTITIES:
        return None
    if not all(np.isfinite(array).all() for array in case.primal):
        return None
    expected, got = exact(case.primal, error.quantity)[error.quantity], error.got
    fails = got is not None and not (_is_floating(got) and got.shape == expected.shape)
    if error.expected is not None:
        fails = np.array_equal(error.expected, expected)
    return expected if fails else None


def snippet(outcome: Outcome, usage: str = "", reduction: str = "sum") -> str:
    """Return code that shows the failure by itself, `""` where no short code does.

    It begins with `usage`, which defines `vjp` with the user's own functions.
    """
    failure = counterexample(outcome, reduction)
    calls = _calls(failure, usage) if failure else ""
    if failure is None or not calls:
        return ""
    used = names_in(calls)
    operands = ((name, array) for name, array in failure.operands().items() if name in used)
    lines = [line for name, array in operands for line in literal(name, array)]
    if "selector" in used:
        lines.append(f"selector = {failure.case.selector}")
    # Code that had to be cut would show nothing.
    usage = usage.strip() if cut(usage) == usage else ""
    usage = _IMPORT.sub(_importable, usage)
    usage = usage if "update" in used else _UPDATE.sub("", usage)
    start = (usage or "# vjp(x, w, b) -> (out, pullback) is the layer under test").split("\n")
    gap = [] if start[0].startswith(("import ", "from ", "#")) else [""]
    numpy = [] if "import numpy as np" in start else ["import numpy as np", *gap]
    summing = [_SUMMING] if failure.is_summed else []
    return "\n".join([*numpy, *start, *summing, "", *lines, "", calls])


_UPDATE = re.compile(r"^def update\(.*?\n\n", re.MULTILINE | re.DOTALL)
_IMPORT = re.compile(r"^from (.+) import (.+)$", re.MULTILINE)


def _importable(line: re.Match[str]) -> str:
    """Return an import that runs, also of a file whose name no statement can hold."""
    module, names = line.groups()
    if all(part.isidentifier() and not iskeyword(part) for part in module.split(".")):
        return line[0]
    values = ", ".join(f"module.{name}" for name in names.split(", "))
    imported = f"from importlib import import_module\n\nmodule = import_module({module!r})"
    return f"{imported}\n{names} = {values}"


def names_in(code: str) -> set[str]:
    """Return the names that lines of Python use."""
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


def _calls(failure: Counterexample, usage: str) -> str:
    """Return the lines that call the layer, and end as the failure does: by an exception."""
    error, replay = failure.error, failure.replay
    if isinstance(error, WrongCount | NotThreeGradients):
        return "" if failure.tested and failure.tested.needs else _COUNT
    if not replay and failure.tested is not None and failure.tested.needs:
        return ""  # the plain call, which is all that `vjp` shows, is not what fails
    if "instance_of" in names_in(replay) and "def instance_of(" not in usage:
        return ""  # instances take arrays of another library
    if not isinstance(error, Violation):
        died = isinstance(error, WorkerDied)
        end = "the process ends, or hangs" if died else f"raises {describe(error, 80)}"
        there = f'print("{THE_END}")  # does not come here: {" ".join(end.split())}'
        return f"{replay or _EVERYTHING}\n{there}"
    if replay:
        if replay.endswith("\nexpected = []"):
            return f"{replay}\nassert not got, got"
        return f"{replay}\n{_every_digit(error)}np.testing.assert_equal(got, expected)"
    if failure.expected is None:
        return ""
    index = f"[1](dout)[{GRADIENTS.index(error.quantity)}]" if error.quantity != "out" else "[0]"
    return "\n".join([f"got = vjp(x, w, b){index}", *_comparison(failure, error)])


_IS_FLOATING = 'assert got.dtype.kind == "f", got.dtype'


def _comparison(failure: Counterexample, error: Violation) -> Iterator[str]:
    """Yield the lines that compare the result of a plain call with what it should be."""
    got, expected = error.got, np.asarray(failure.expected)
    if not isinstance(got, np.ndarray):
        yield "assert isinstance(got, np.ndarray), type(got)"
        yield _IS_FLOATING  # it may be one of objects
    elif got.dtype.kind != "f":
        yield _IS_FLOATING
    elif got.shape != expected.shape:
        yield f"assert got.shape == {expected.shape}, got.shape"
    else:
        yield from literal("expected", expected)
        yield from _every_digit(error).splitlines()
        if error.bound is None:
            yield "np.testing.assert_array_equal(got, expected)"
            return
        limit = float(min(error.bound.max(), Fraction(np.finfo(np.float64).max)))
        yield f"rounding = {limit!r}  # at most, in whatever order the terms are added"
        yield "np.testing.assert_allclose(got, expected, rtol=0, atol=rounding)"


def _every_digit(error: Violation) -> str:
    """Return a line that shows every digit, where both differ in the last ones alone."""
    got, expected = error.got, np.asarray(error.expected)
    if not _is_floating(got) or not got.size:
        return ""
    alike = expected.dtype.kind in "fiO" and repr(got) == repr(expected.astype(got.dtype))
    return _EVERY_DIGIT if alike else ""


def literal(name: str, array: Any) -> list[str]:
    """Return lines of code that make the array, also its dtype and memory layout."""
    array = np.asarray(array)
    if array.dtype.kind != "f":  # exact numbers
        array = array.astype(np.float64)
    lies, is_locked = order(array), not array.flags.writeable
    lines = list(_values(name, array))
    if lies == "Fortran order":
        lines.append(f"{name} = np.asfortranarray({name})")
    elif lies == "reversed":
        back = ", ".join(["::-1"] * array.ndim)
        lines.append(f"{name} = {name}[{back}].copy()[{back}]")
    elif is_locked and lies and array.strides[0] == 0 and array[0].flags.c_contiguous:
        lines.append(f"{name} = np.broadcast_to({name}[:1], {name}.shape)")
        is_locked = False  # it is already
    elif lies:
        lines += _view(name, array)
    return lines + [f"{name}.flags.writeable = False"] * is_locked


def _values(name: str, array: Array) -> Iterator[str]:
    dtype, shape = _dtype(array), repr(array.shape)
    if array.size > _SMALL and (array == array.flat[0]).all():
        yield f"{name} = np.full({shape}, {code_number(array.flat[0])}{dtype})"
    elif array.size == 0 or (array.size > _SMALL and np.count_nonzero(array) <= _FEW):
        yield f"{name} = np.zeros({shape}{dtype})"
        for index in np.argwhere(array):
            place = ", ".join(map(str, index))
            yield f"{name}[{place}] = {code_number(array[tuple(index)])}"
    else:
        yield from _WRAPPED.wrap(f"{name} = np.array({_nested(array)}{dtype})")


def _dtype(array: Array) -> str:
    if array.dtype == np.float64:
        return ""
    return f", dtype=np.{'longdouble' if array.dtype.itemsize > 8 else array.dtype.name}"


def _nested(array: Array) -> str:
    return f"[{', '.join(map(_nested, array))}]" if np.ndim(array) else code_number(array[()])


def _view(name: str, array: Array) -> Iterator[str]:
    """Yield a view of a larger array, with NaN before and between its entries."""
    *rows, step = (stride // array.itemsize for stride in array.strides)
    used = array.shape[-1] * step
    if step > 0 and all(row >= used for row in rows) and len(rows) < 2:
        columns = f"{step - 1}:{used}:{step}" if step > 1 else f":{used}"
        part = ", ".join([*":" * len(rows), columns])
        yield f"memory = np.full({(*array.shape[:-1], *(rows or [used]))}, np.nan{_dtype(array)})"
        yield f"memory[{part}] = {name}"
        yield f"{name} = memory[{part}]"
        return
    before, size = (part // array.itemsize for part in extent(array)[:2])
    start = f"memory[{before}:]" if before else "memory"
    yield f"memory = np.full({size}, np.nan{_dtype(array)})"
    yield f"view = np.lib.stride_tricks.as_strided({start}, {array.shape}, {array.strides})"
    yield f"view[...] = {name}"
    yield f"{name} = view"
