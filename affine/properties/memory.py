"""Memory and state: results depend on the arguments alone, and stay what they are."""

from itertools import combinations, product

import numpy as np

from affine.layer import Array, Case, Layer
from affine.oracle import expect, expect_equal
from affine.properties.property import identity

_NAMES = ("x", "w", "b", "dout")


def _expect_same(got: dict[str, Array], expected: dict[str, Array], because: str) -> None:
    for quantity, result in got.items():
        expect_equal(quantity, result, expected[quantity], because)


def _named(gradients: tuple[Array, Array, Array]) -> dict[str, Array]:
    return dict(zip(("dx", "dw", "db"), gradients, strict=True))


def _copies(results: dict[str, Array]) -> dict[str, Array]:
    return {quantity: np.array(result) for quantity, result in results.items()}


@identity(
    "out", "dx", "dw", "db", values_of="any",
    catches="`dout *= …`, `x -= …`: arithmetic in place on the caller's arrays",
)  # fmt: skip
def arguments_are_not_modified(layer: Layer, case: Case) -> None:
    """X, W, b and dout come back bit for bit."""
    point = case.point.map(np.copy)
    layer.results(*point)
    for name, array, before in zip(_NAMES, point, case.point, strict=True):
        expect_equal(name, array, before, "the layer wrote to its argument")


@identity(
    "out", "dx", "dw", "db",
    catches="a hidden write, also one that leaves the values as they were",
)  # fmt: skip
def read_only_arguments_are_enough(layer: Layer, case: Case) -> None:
    """Arrays that cannot be written to give the same results."""
    expected = layer.results(*case.point.map(np.copy))
    frozen = case.point.map(np.copy)
    for array in frozen:
        array.flags.writeable = False
    _expect_same(layer.results(*frozen), expected, "the arguments are read-only")


@identity(
    "out", "dx", "dw", "db",
    catches="code that reads raw memory in C order, or past the strides",
)  # fmt: skip
def memory_layout_does_not_matter(layer: Layer, case: Case) -> None:
    """Fortran order, views, strides, reversed axes and zero strides change no result."""
    expected = layer.results(*case.point.map(np.ascontiguousarray))
    _expect_same(layer.results(*case.point), expected, "only the memory layout differs")


@identity(
    "out", "dx", "dw",
    catches="a write before a read, where two arguments are the same array",
)  # fmt: skip
def the_same_array_twice_behaves_like_copies(layer: Layer, case: Case) -> None:
    """One square array as X, W and dout gives what three copies of it give."""
    size = min(case.point.sizes)
    square = np.array(case.point.x[:size, :size])
    b = case.point.b[:size]
    expected = layer.results(square.copy(), square.copy(), b, square.copy())
    _expect_same(layer.results(square, square, b, square), expected, "X, W and dout are one array")


@identity(
    "out", "dx", "dw", "db", profile="library", values_of="any",
    catches="db as a view of dout when N = 1, or a buffer that is handed out twice",
)  # fmt: skip
def results_share_no_memory(layer: Layer, case: Case) -> None:
    """No result shares memory with an argument, with another result, or with a later one."""
    arguments = dict(zip(_NAMES, case.point.map(np.copy), strict=True))
    owned = arguments | layer.results(*arguments.values())
    later = layer.results(*arguments.values())
    named = owned | {f"later {quantity}": result for quantity, result in later.items()}
    pairs = [*combinations(owned, 2), *product(owned, list(named)[len(owned) :])]
    for first, second in pairs:
        expect(
            not np.may_share_memory(named[first], named[second]),
            f"{first} and {second} share memory",
            second.removeprefix("later "),
        )


@identity(
    "out", "dx", "dw", "db", profile="library",
    catches="an internal cache that is handed out by reference",
)  # fmt: skip
def writing_into_a_result_changes_no_other(layer: Layer, case: Case) -> None:
    """Overwriting what was returned changes neither the next call nor the same pullback."""
    x, w, b, dout = case.point
    out, pullback = layer.vjp(x, w, b)
    first = {"out": out, **_named(pullback(dout))}
    expected = _copies(first)
    for result in first.values():
        if result.flags.writeable:
            result.fill(np.nan)
    again = _named(pullback(dout))
    _expect_same(again, expected, "an earlier result was overwritten")
    _expect_same(layer.results(x, w, b, dout), expected, "an earlier result was overwritten")


@identity(
    "out", "dx", "dw", "db", values_of="any",
    catches="results that live in a buffer which the next call reuses",
)  # fmt: skip
def later_calls_leave_earlier_results(layer: Layer, case: Case) -> None:
    """Results keep their values while other calls run."""
    first = layer.results(*case.point)
    kept = _copies(first)
    layer.results(*case.step)
    _expect_same(first, kept, "another call came after it")


@identity(
    "dx", "dw", "db",
    catches="gradients that accumulate, or a cache that the first call uses up",
)  # fmt: skip
def backward_twice_gives_the_same(layer: Layer, case: Case) -> None:
    """The second backward pass on one forward pass overwrites: it does not add."""
    x, w, b, dout = case.point
    _, pullback = layer.vjp(x, w, b)
    first = _copies(_named(pullback(dout)))
    second = _named(pullback(dout))
    _expect_same(second, first, "it is the second backward pass on one forward pass")


@identity(
    "dx", "dw", "db",
    catches="a stale cache: one store for all forward passes",
)  # fmt: skip
def each_backward_belongs_to_its_forward(layer: Layer, case: Case) -> None:
    """Two forward passes, then the first backward pass: it is still the first one's."""
    x, w, b, dout = case.point
    other = case.step
    expected = layer.backward(x, w, b, dout)
    _, pullback = layer.vjp(x, w, b)
    _, other_pullback = layer.vjp(other.x, other.w, other.b)
    other_pullback(other.dout)
    for quantity, got, value in zip(("dx", "dw", "db"), pullback(dout), expected, strict=True):
        expect_equal(quantity, got, value, "another forward and backward pass came between")


@identity(
    "out", "dx", "dw", "db",
    catches="a cache keyed by the identity of an array, which an update in place outdates",
)  # fmt: skip
def updated_parameters_are_seen(layer: Layer, case: Case) -> None:
    """After W and b are updated in place, a new call uses the new values."""
    x, w, b, dout = case.point.map(np.array)
    layer.results(x, w, b, dout)
    w += case.step.w
    b += case.step.b
    expected = layer.results(x.copy(), w.copy(), b.copy(), dout.copy())
    _expect_same(layer.results(x, w, b, dout), expected, "W and b were updated in place")


@identity(
    "out", "dx", "dw", "db",
    catches="noise, dropout left on, or a count of calls",
)  # fmt: skip
def equal_calls_give_equal_results(layer: Layer, case: Case) -> None:
    """The same arguments give the same bits, call after call."""
    first = _copies(layer.results(*case.point))
    for _ in range(2):
        _expect_same(layer.results(*case.point), first, "the same call gave another result")
