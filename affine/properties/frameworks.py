"""Frameworks: the compiler, vectorisation and leading axes change no result."""

import numpy as np

from affine.layer import Case, Layer, Operands
from affine.properties.comparisons import both_passes, expect_same
from affine.properties.property import checks


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
    stacked = layer.variants["vmapped"](
        np.stack([x, case.tangent.x]), w, b, np.stack([dout, case.tangent.dout])
    )
    got = dict(zip(("out", "dx", "dw", "db"), stacked, strict=True))
    expected = {quantity: np.stack([one[quantity] for one in looped]) for quantity in got}
    expect_same(got, expected, "it was vectorised")


@checks(
    "out", "dx", "dw", "db", profile="framework", needs="with_leading_axes",
    catches="a branch for more than two axes that is another layer",
)  # fmt: skip
def leading_axes_are_batch_axes(layer: Layer, case: Case) -> None:
    """An x of shape (2, N, D) gives what its 2·N data points give in one batch."""
    x, w, b, dout = case.primal
    xs, douts = np.stack([x, case.tangent.x]), np.stack([dout, case.tangent.dout])
    expected = layer.results(np.concatenate(xs), w, b, np.concatenate(douts))
    expected["out"] = expected["out"].reshape(douts.shape)
    expected["dx"] = expected["dx"].reshape(xs.shape)
    got = both_passes(layer.variants["with_leading_axes"], Operands(xs, w, b, douts))
    expect_same(got, expected, "x has a leading axis")
