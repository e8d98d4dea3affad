"""Memory: arguments come back as they were, and results stay what they are.

A property about arguments lends the layer the array itself; all others pass copies.
"""

import numpy as np

from affine.layer import Array, Case, Layer, Operands, both_passes, by_name
from affine.oracle import expect, expect_equal
from affine.properties.comparisons import copies, expect_same
from affine.properties.property import checks


def _lent(layer: Layer, case: Case) -> Operands:
    return case.primal.map(lambda array: layer.memory.lend(array.copy()))


# ------------------------------------------------------------------ arguments


@checks(
    "out", "dx", "dw", "db", values="any", isolated=False,
    points_to=("arguments_modified",),
    catches="`dout *= …`, `x -= …`: arithmetic in place on the caller's arrays",
)  # fmt: skip
def arguments_are_not_modified(layer: Layer, case: Case) -> None:
    """X, W, b and dout come back bit for bit."""
    point = _lent(layer, case)
    layer.results(*point)
    for name, array, before in zip(point._fields, point, case.primal, strict=True):
        expect_equal(name, array.copy(), before, "the layer wrote to its argument")
        same_signs = np.array_equal(np.signbit(array), np.signbit(before))
        expect(same_signs, f"{name} has a zero of another sign: the layer wrote to it", name)


@checks(
    "out", "dx", "dw", "db", isolated=False,
    points_to=(
        "arguments_modified", "not_deterministic", "earlier_call", "needs-writable-arguments",
    ),
    catches="a hidden write, also one that leaves the values as they were",
)  # fmt: skip
def read_only_arguments_are_enough(layer: Layer, case: Case) -> None:
    """Arrays that cannot be written to give the same results."""
    frozen = case.primal.map(np.copy)
    for array in frozen:
        array.flags.writeable = False
    expected, got = map(copies, layer.results_of([case.primal.map(np.copy), frozen]))
    expect_same(got, expected, "the arguments are read-only")


@checks(
    "out", "dx", "dw", "db", layouts=True, sizes="narrow", isolated=False,
    points_to=("not_deterministic", "arguments_modified", "memory-layout"),
    catches="code that reads raw memory in C order, or takes the row stride for the row length",
)  # fmt: skip
def memory_layout_does_not_matter(layer: Layer, case: Case) -> None:
    """Padded rows, Fortran order, strides, reversed axes and zero strides change no result."""
    # Not np.copy, which would keep Fortran order.
    plain = case.primal.map(lambda array: np.array(array, order="C"))
    laid = case.primal.map(layer.memory.lend)
    expected, got = map(copies, layer.results_of([plain, laid]))
    expect_same(got, expected, "only the memory layout differs")


@checks(
    "out", "dx", "dw", isolated=False,
    points_to=("not_deterministic", "arguments_modified", "aliased-arguments"),
    catches="a write before a read, where two arguments are the same array",
)  # fmt: skip
def the_same_array_twice_behaves_like_copies(layer: Layer, case: Case) -> None:
    """One square array as X, W and dout gives what three copies of it give."""
    size = min(case.primal.sizes)
    square, b = case.primal.x[:size, :size], case.primal.b[:size]
    one = layer.memory.lend(square.copy())
    apart = [array.copy() for array in (square, square, b, square)]
    expected, got = map(copies, layer.results_of([apart, (one, one, b.copy(), one)]))
    expect_same(got, expected, "X, W and dout are one array")


@checks(
    "out", "dx", "dw", "db", isolated=False,
    points_to=("not_deterministic", "outdated_parameters"),
    catches="a cache keyed by the identity of an array, which an update in place outdates",
)  # fmt: skip
def updated_parameters_are_seen(layer: Layer, case: Case) -> None:
    """After W and b are updated in place, a new call uses the new values."""
    x, w, b, dout = _lent(layer, case)
    layer.results(x, w, b, dout)
    w += case.tangent.w
    b += case.tangent.b
    separate = [array.copy() for array in (x, w, b, dout)]
    got, expected = map(copies, layer.results_of([(x, w, b, dout), separate]))
    expect_same(got, expected, "W and b were updated in place")


# ------------------------------------------------------------------ results


@checks(
    "out", "dx", "dw", "db", profile="library", values="any", isolated=False,
    points_to=("result-shares-memory",),
    catches="db as a view of dout when N = 1, or one buffer for two results",
)  # fmt: skip
def results_share_no_memory(layer: Layer, case: Case) -> None:
    """No result shares memory with an argument or with another result of the same pass."""
    point = _lent(layer, case)
    owned = {**point._asdict(), **layer.results(*point)}
    names = list(owned)
    for first, second in layer.memory.sharing(list(owned.values())):
        expect(False, f"{names[first]} and {names[second]} share memory", names[second])


@checks(
    "out", "dx", "dw", "db", profile="library", isolated=False,
    points_to=("not_deterministic", "second_pass", "internals-handed-out"),
    catches="an internal cache that is handed out by reference",
)  # fmt: skip
def writing_into_a_result_changes_no_other(layer: Layer, case: Case) -> None:
    """Overwriting what was returned changes neither the next call nor the same pullback."""
    expected = _second_results(layer, case, overwrite=False)
    got = _second_results(layer, case, overwrite=True)
    expect_same(got, expected, "an earlier result was overwritten")


def _second_results(layer: Layer, case: Case, overwrite: bool) -> dict[str, Array]:
    x, w, b, dout = case.primal.map(np.copy)
    out, pullback = layer.vjp(x, w, b)
    results = (out, *pullback(dout))
    if overwrite:
        layer.memory.overwrite(results)
    # New arguments: what was overwritten may have been a view of the old ones.
    x, w, b, dout = case.primal.map(np.copy)
    again = copies(by_name(pullback(dout)))
    fresh = copies(layer.results(x, w, b, dout))
    return fresh | {f"{quantity} of the same pullback": array for quantity, array in again.items()}


@checks(
    "out", "dx", "dw", "db", profile="library", values="any", isolated=False,
    points_to=("earlier_call", "second_pass", "buffer-reused"),
    catches="results that live in a buffer which the next call reuses",
)  # fmt: skip
def later_calls_leave_earlier_results(layer: Layer, case: Case) -> None:
    """Results keep their values while other calls run."""
    x, w, b, dout = case.primal.map(np.copy)
    out, pullback = layer.vjp(x, w, b)
    first = {"out": out, **by_name(pullback(dout))}
    kept = copies(first)
    pullback(case.tangent.dout.copy())
    layer.results(*case.tangent.map(np.copy))
    by_now = {quantity: layer.memory.read(result) for quantity, result in first.items()}
    expect_same(by_now, kept, "another call came after it")


@checks(
    "out", "dx", "dw", "db", profile="library", needs="then_next_batch", isolated=False,
    points_to=("not_deterministic", "earlier_call", "buffer-reused"),
    catches="results that live in a buffer of the instance",
)  # fmt: skip
def later_batches_leave_earlier_results(layer: Layer, case: Case) -> None:
    """The results of one batch keep their values while the same instance runs another."""
    expected = copies(layer.results(*case.primal.map(np.copy)))
    results = both_passes(layer.variants["then_next_batch"], case.primal.map(np.copy))
    got = {quantity: layer.memory.read(result) for quantity, result in results.items()}
    expect_same(got, expected, "the instance ran another batch after it")
