"""State: results depend on the arguments alone, whatever was called before.

Every call gets copies.
"""

from affine.layer import Case, Layer, both_passes, by_name
from affine.properties.comparisons import expect_same
from affine.properties.property import checks


@checks(
    "dx", "dw", "db",
    points_to=("second_pass",),
    catches="gradients that accumulate, or a cache that the first call uses up",
)  # fmt: skip
def backward_twice_gives_the_same(layer: Layer, case: Case) -> None:
    """A second backward pass on one forward pass overwrites: it does not add."""
    x, w, b, dout = case.primal
    expected = by_name(layer.backward(x, w, b, case.tangent.dout))
    _, pullback = layer.vjp(x, w, b)
    first = by_name(pullback(dout))
    second = by_name(pullback(case.tangent.dout))
    expect_same(second, expected, "in the second backward pass on one forward pass")
    expect_same(by_name(pullback(dout)), first, "in the third backward pass on one forward pass")


@checks(
    "out", "dx", "dw", "db", needs="on_reused_instance",
    points_to=("not_deterministic", "used_instance"),
    catches="an instance that keeps its first batch, or the gradients of the batch before",
)  # fmt: skip
def an_instance_may_be_used_again(layer: Layer, case: Case) -> None:
    """On an instance that has run other batches, a batch gives what it gives on a fresh one."""
    expected = layer.results(*case.primal)
    got = both_passes(layer.variants["on_reused_instance"], case.primal)
    expect_same(got, expected, "the instance has run other batches before")


@checks(
    "out", "dx", "dw", "db", needs="after_update",
    points_to=("not_deterministic", "used_instance", "updated_instance", "outdated_parameters"),
    catches="a copy of W or b on an instance, such as its transpose, that an update outdates",
)  # fmt: skip
def an_instance_sees_its_updated_parameters(layer: Layer, case: Case) -> None:
    """After its W and b are updated in place, an instance gives what a fresh one gives."""
    expected = layer.results(*case.primal)
    got = both_passes(layer.variants["after_update"], case.primal)
    expect_same(got, expected, "the parameters of the instance were updated")


@checks(
    "dx", "dw", "db",
    points_to=("not_deterministic", "stale_state"),
    catches="a stale cache: one store for all forward passes",
)  # fmt: skip
def each_backward_belongs_to_its_forward(layer: Layer, case: Case) -> None:
    """Two forward passes, then the first backward pass: it is still the first one's."""
    x, w, b, dout = case.primal
    other = case.tangent
    expected = by_name(layer.backward(x, w, b, dout))
    _, pullback = layer.vjp(x, w, b)
    _, other_pullback = layer.vjp(other.x, other.w, other.b)
    other_pullback(other.dout)
    got = by_name(pullback(dout))
    expect_same(got, expected, "another forward and backward pass came between")


# Few cases are enough for what shows only after a dozen calls.
_REPEATS = (16, 2, 2, 2)


@checks(
    "out", "dx", "dw", "db",
    points_to=("not_deterministic",),
    catches="noise, dropout left on, or a count of calls",
)  # fmt: skip
def equal_calls_give_equal_results(layer: Layer, case: Case) -> None:
    """The same arguments give the same results, call after call, whatever comes between."""
    repeats = _REPEATS[case.pick(len(_REPEATS))]
    first, *others = layer.results_of([case.primal, *[case.tangent, case.primal] * repeats])
    for again in others[1::2]:
        expect_same(again, first, "the same call gave another result")
