"""A few lines of NumPy that reproduce a failure without this package."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from affine.checker.report.averages import WRAPPER, as_given, expected_at
from affine.checker.report.findings import Outcome
from affine.checker.report.literals import literal
from affine.checker.report.words import cut, told
from affine.layer import Array, Case, WorkerDied
from affine.oracle import Violation
from affine.properties import PROPERTIES

__all__ = ["direct", "mentions", "operands", "replay", "seen", "snippet"]

_CALLS = {
    "out": "vjp(x, w, b)[0]",
    "dx": "vjp(x, w, b)[1](dout)[0]",
    "dw": "vjp(x, w, b)[1](dout)[1]",
    "db": "vjp(x, w, b)[1](dout)[2]",
}
_EVERYTHING = "out, pullback = vjp(x, w, b)\ndx, dw, db = pullback(dout)"
_PRINT = 'print(f"got {got!r}", f"expected {expected!r}", sep="\\n")'
_PRINT_FIRST = """\
wrong = [tuple(place) for place in np.argwhere(got != expected).tolist()]
print(len(wrong), "entries differ", *(f"{i}: {got[i]}, not {expected[i]}" for i in wrong[:3]))"""
_MOST_PRINTED = 1000  # NumPy prints larger arrays with gaps
_EVERY_DIGIT = 'np.set_printoptions(floatmode="unique")'


def operands(case: Case) -> Mapping[str, Array]:
    """Return the operands of a case by the names that snippets give them.

    Examples:
        >>> from affine.layer import Operands
        >>> one = np.ones((1, 1))
        >>> point = Operands(one, one, np.ones(1), one)
        >>> list(operands(Case(point, point)))
        ['x', 'w', 'b', 'dout', 'x2', 'w2', 'b2', 'dout2']
    """
    second = {f"{name}2": array for name, array in case.tangent._asdict().items()}
    return case.primal._asdict() | second


def snippet(outcome: Outcome, usage: str = "", reduction: str = "sum") -> str:
    r"""Return code that shows the failure by itself, `""` where no short code does.

    Args:
        outcome: A falsified property with its counterexample.
        usage: Code that defines `vjp(x, w, b) -> (out, pullback)` by the user's own functions.
        reduction: `mean` where the layer was held to averages.

    Examples:
        >>> from affine.layer import Operands
        >>> two = np.full((2, 1), 2.0)
        >>> point = Operands(two, np.ones((1, 1)), np.ones(1), two)
        >>> error = Violation("dw is wrong", "dw", np.array([[4.0]]), np.array([[8]]))
        >>> outcome = Outcome("mine", "falsified", 1, 0.1, Case(point, point), error)
        >>> print(snippet(outcome, "from mine import vjp"))
        import numpy as np
        from mine import vjp
        <BLANKLINE>
        x = np.array([[2.0], [2.0]])
        w = np.array([[1.0]])
        b = np.array([1.0])
        dout = np.array([[2.0], [2.0]])
        <BLANKLINE>
        got = vjp(x, w, b)[1](dout)[1]
        expected = np.array([[8.0]])
        print(f"got {got!r}", f"expected {expected!r}", sep="\n")
    """
    outcome = seen(outcome, reduction)
    case = outcome.counterexample
    calls = "" if case is None else _calls(outcome, usage, reduction)
    if case is None or not calls:
        return ""
    made = [
        line
        for name, array in operands(case).items()
        if mentions(calls, name)
        for line in literal(name, array)
    ]
    if mentions(calls, "selector"):
        made.append(f"selector = {case.selector}")
    # Code that had to be cut would show nothing.
    fits = usage.strip() and cut(usage) == usage
    start = usage.strip() if fits else "# vjp(x, w, b) -> (out, pullback) is the layer under test"
    if reduction == "mean" and direct(outcome, reduction) is None:
        start += "\n" + WRAPPER
    gap = [] if start.startswith(("import ", "from ", "#")) else [""]
    first = [] if "import numpy as np\n" in f"{start}\n" else ["import numpy as np"]
    return "\n".join([*first, *gap, start, "", *made, "", calls])


def seen(outcome: Outcome, reduction: str) -> Outcome:
    """Return the outcome as a reader sees it: without what has nothing to do with the failure.

    A plain call is shown by what the layer itself was given. Shrinking leaves views of larger
    arrays; only properties that are about memory layouts see that they are.
    """
    case, tested = outcome.counterexample, PROPERTIES.get(outcome.name)
    if case is not None and tested is not None and not tested.layouts:
        plain = Case(case.primal.map(_plain), case.tangent.map(_plain), case.selector)
        outcome = replace(outcome, counterexample=plain)
    averaged = reduction == "mean" and direct(outcome) is not None
    return as_given(outcome) if averaged else outcome


def _plain(array: Array) -> Array:
    return np.array(array, order="C")


def direct(outcome: Outcome, reduction: str = "sum") -> Array | None:
    """Return what should have been got where one plain call at the point shows the failure.

    None where it takes other calls: two that should agree, or operands made from those of
    the case.
    """
    case, error = outcome.counterexample, outcome.error
    if case is None or not isinstance(error, Violation) or error.quantity not in _CALLS:
        return None
    if not all(np.isfinite(array).all() for array in case.primal):
        return None
    expected = expected_at(case.primal, error.quantity, reduction)
    if error.expected is None:
        seen = error.got is not None and not _is_fit(error.got, expected.shape)
    else:
        should = np.asarray(error.expected)
        seen = should.shape == expected.shape and bool((should == expected).all())
    return expected if seen else None


def _is_fit(got: Any, shape: tuple[int, ...]) -> bool:
    """Whether it is an array of floating-point numbers and of the shape."""
    return isinstance(got, np.ndarray) and got.dtype.kind == "f" and got.shape == shape


def replay(outcome: Outcome) -> str:
    """Return the lines that the property brings to set `got` and `expected`, `""` for none."""
    return str(getattr(PROPERTIES.get(outcome.name), "replay", "")).strip()


def mentions(code: str, name: str) -> bool:
    """Return whether code uses a name."""
    return re.search(rf"\b{name}\b", code) is not None


def _calls(outcome: Outcome, usage: str, reduction: str) -> str:
    """Return the lines that call the layer, and set and print `got` and `expected`."""
    error, lines = outcome.error, replay(outcome)
    tested = PROPERTIES.get(outcome.name)
    if not lines and tested is not None and tested.needs:
        return ""  # the plain call, which is all that `vjp` shows, is not what fails
    if mentions(lines, "instance_of") and "def instance_of(" not in usage:
        return ""  # instances take arrays of another library
    if not isinstance(error, Violation):
        return f"{lines or _EVERYTHING}\n# {_end(error)}"
    if lines:
        return f"{lines}\n{_print(error)}"
    expected = direct(outcome, reduction)
    if expected is None:
        return ""
    plain = [f"got = {_CALLS[error.quantity]}", *literal("expected", expected), _print(error)]
    if expected.size > _MOST_PRINTED and np.shape(error.got) == expected.shape:
        plain[-1] = _PRINT_FIRST
    return "\n".join(plain)


def _print(error: Violation) -> str:
    """Print both; with every digit, where they differ in the last ones alone."""
    if not isinstance(error.got, np.ndarray):
        return _PRINT
    got, expected = error.got, np.asarray(error.expected)
    alike = got.dtype.kind == "f" and expected.dtype.kind in "fiO" and got.size
    alike = alike and repr(got) == repr(expected.astype(got.dtype))
    return f"{_EVERY_DIGIT}\n{_PRINT}" if alike else _PRINT


def _end(error: Exception | None) -> str:
    if isinstance(error, WorkerDied):
        return "ends or hangs the process"
    return f"raises {' '.join(told(error, 80).split())}"
