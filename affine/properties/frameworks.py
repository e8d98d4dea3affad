"""Frameworks: frozen operands, the compiler, vectorisation and leading axes change no result.

What takes least time comes first: to compile may take all that there is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from affine.layer import Array, Case, Layer, Operands, Results, WorkerDied, both_passes, by_name
from affine.oracle import Violation
from affine.properties.comparisons import copies, expect_same, in_words
from affine.properties.property import checks
from affine.quantities import GRADIENTS

FROZEN = {
    "X is frozen": (False, True, True),
    "W is frozen": (True, False, True),
    "b is frozen": (True, True, False),
    "X and W are frozen": (False, False, True),
    "X and b are frozen": (False, True, False),
    "W and b are frozen": (True, False, False),
}
"""Which of X, W and b need a gradient, by the words for those that do not."""


@checks(
    "out", "dx", "dw", "db", needs="with_frozen_operands",
    points_to=("frozen-operands",),
    catches="a list of saved operands that is shorter where one of them needs no gradient",
)  # fmt: skip
def frozen_operands_change_no_other_result(layer: Layer, case: Case) -> None:
    """Where one or two of X, W and b need no gradient, out and the other gradients stay."""
    expected = _with_frozen(layer, case.primal, (True, True, True))
    for because, needed in FROZEN.items():
        with _described(f"the layer raises {{}}, where {because}"):
            got = _with_frozen(layer, case.primal, needed)
        expect_same(got, {name: expected[name] for name in got}, because)


def _with_frozen(layer: Layer, point: Operands, needed: Sequence[bool]) -> Results:
    """Return out and the gradients of the operands that need one."""
    out, *gradients = layer.variants["with_frozen_operands"](*point, np.array(needed))
    asked = zip(GRADIENTS, gradients, needed, strict=True)
    return {"out": out} | {name: gradient for name, gradient, is_needed in asked if is_needed}


@checks(
    "out", "dx", "dw", "db", profile="framework", needs="compiled",
    catches="a branch that only the compiler takes, or a value that it bakes in",
)  # fmt: skip
def compiled_equals_eager(layer: Layer, case: Case) -> None:
    """What the framework's compiler makes of the layer gives the same results."""
    eager = layer.results(*case.primal)
    compiled = both_passes(layer.variants["compiled"], case.primal)
    expect_same(compiled, eager, "it was compiled")


@checks(
    "out", "dx", "dw", "db", profile="framework", needs="vmapped",
    catches="a batching rule that is not a loop",
)  # fmt: skip
def vmap_equals_a_loop(layer: Layer, case: Case) -> None:
    """Vectorised over a first axis of x and dout, every result is the stack of those of a loop."""
    x, w, b, dout = case.primal
    pairs = (x, dout), (case.tangent.x, case.tangent.dout)
    looped = list(layer.results_of((one, w, b, upstream) for one, upstream in pairs))
    point = Operands(np.stack([x, case.tangent.x]), w, b, np.stack([dout, case.tangent.dout]))
    stacked = layer.variants["vmapped"](*point)
    got = dict(zip(("out", "dx", "dw", "db"), stacked, strict=True))
    expected = {quantity: np.stack([one[quantity] for one in looped]) for quantity in got}
    expect_same(got, expected, "it was vectorised", point)


@checks(
    "out", "dx", "dw", "db", profile="framework", needs="with_leading_axes", isolated=False,
    catches="a branch for more than two axes that is another layer, or none in the backward pass",
)  # fmt: skip
def leading_axes_are_batch_axes(layer: Layer, case: Case) -> None:
    """An x of shape (2, N, D) gives what its 2·N data points give in one batch, packed or not."""
    x, w, b, dout = case.primal
    xs, douts = np.stack([x, case.tangent.x]), np.stack([dout, case.tangent.dout])
    expected = copies(layer.results(np.concatenate(xs), w.copy(), b.copy(), np.concatenate(douts)))
    expected["out"] = expected["out"].reshape(douts.shape)
    expected["dx"] = expected["dx"].reshape(xs.shape)
    because = "x has a leading axis"
    got, given = _with_leading_axes(layer, case.primal, xs, douts), Operands(xs, w, b, douts)
    expect_same(got, expected, because, given)
    because = "x has a leading axis that is not the first one in memory"
    with _described(f"the layer raises {{}}, where {because}"):
        got = _with_leading_axes(layer, case.primal, interleaved(xs), interleaved(douts))
    expect_same(got, expected, because, given)


def _with_leading_axes(layer: Layer, point: Operands, xs: Array, douts: Array) -> Results:
    out, pullback = layer.variants["with_leading_axes"](
        xs.copy("K"), *(each.copy() for each in point[1:3])
    )
    with _described("the forward pass takes x with leading axes, and the backward pass raises {}"):
        return {"out": out, **by_name(pullback(douts.copy("K")))}


def interleaved(stack: Array) -> Array:
    """Return an equal stack whose first two axes are exchanged in memory.

    Examples:
        >>> interleaved(np.zeros((2, 3, 4))).strides
        (32, 64, 8)
    """
    return np.ascontiguousarray(stack.swapaxes(0, 1)).swapaxes(0, 1)


@contextmanager
def _described(words: str) -> Iterator[None]:
    """Let what the layer raises be a violation, which says how it was called."""
    try:
        yield
    except (Violation, WorkerDied):
        raise
    except Exception as error:
        raise Violation(words.format(in_words(error))) from error
