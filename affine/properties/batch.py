"""Batch: data points do not meet inside the layer, and dW and db are sums over them."""

import numpy as np

from affine.layer import Array, Case, Layer, Operands
from affine.oracle import exact, expect_equal, index_sum
from affine.properties.property import identity

# Just below, at and above the sizes at which kernels change blocks.
_BLOCKS = tuple(block + offset for block in (8, 16, 32, 64, 128) for offset in (-1, 0, 1))


@identity(
    "independence", "out-row", "one-dx",
    catches="a batch statistic, or a row that leaks into another",
)  # fmt: skip
def each_row_depends_on_its_own_data_point(layer: Layer, case: Case) -> None:
    """Row i of out and of dX is what data point i gives alone."""
    x, w, b, dout = case.point
    out, pullback = layer.vjp(x, w, b)
    dx, _, _ = pullback(dout)
    for i in range(len(x)):
        row, row_pullback = layer.vjp(x[i : i + 1], w, b)
        expect_equal("out", out[i : i + 1], row, f"data point {i} alone")
        row_dx, _, _ = row_pullback(dout[i : i + 1])
        expect_equal("dx", dx[i : i + 1], row_dx, f"data point {i} alone")


@identity(
    "per-sample-sum", "one-dw", "one-db",
    catches="an average over the batch, with no formula needed",
)  # fmt: skip
def batch_gradients_are_sums_over_data_points(layer: Layer, case: Case) -> None:
    """dW and db of the batch are the sums of the dW and db of its data points."""
    x, w, b, dout = case.point
    _, dw, db = layer.backward(x, w, b, dout)
    ones = [layer.backward(x[i : i + 1], w, b, dout[i : i + 1]) for i in range(len(x))]
    expect_equal("dw", dw, sum((one[1] for one in ones), np.zeros(w.shape)))
    expect_equal("db", db, sum((one[2] for one in ones), np.zeros(b.shape)))


@identity(
    "per-sample", "per-sample-sum", "one-dw", "one-db", needs="per_sample_gradients",
    catches="per-sample gradients that are summed too early, or scaled",
)  # fmt: skip
def per_sample_gradients_are_the_terms_of_the_sum(layer: Layer, case: Case) -> None:
    """Term i is the outer product of X_i and dout_i, and the terms sum to dW and db."""
    assert layer.per_sample_gradients is not None
    x, w, b, dout = case.point
    terms = index_sum("nd,nm->ndm", x, dout)
    dx, dw, db = layer.per_sample_gradients(dout, x, w)
    batch_dx, batch_dw, batch_db = layer.backward(x, w, b, dout)
    expect_equal("per-sample dx", dx, batch_dx)
    expect_equal("per-sample dw", dw, terms)
    expect_equal("per-sample db", db, index_sum("nm->nm", dout))
    expect_equal("dw", batch_dw, terms.sum(axis=0) if len(x) else np.zeros(w.shape))
    expect_equal("db", batch_db, index_sum("nm->m", dout))


@identity("batch-additivity", catches="a wrong remainder after the last full block")
def a_split_batch_stacks_and_adds(layer: Layer, case: Case) -> None:
    """Split the batch anywhere: out and dX stack, dW and db add."""
    x, w, b, dout = case.point
    if len(x) < 2:
        return  # nothing to split, and empty parts are a matter of zero sizes
    cut = 1 + case.pick(len(x) - 1)
    out, pullback = layer.vjp(x, w, b)
    dx, dw, db = pullback(dout)
    halves = [layer.vjp(part, w, b) for part in (x[:cut], x[cut:])]
    parts = [half[1](part) for half, part in zip(halves, (dout[:cut], dout[cut:]), strict=True)]
    because = f"the batch is split after {cut} of {len(x)}"
    expect_equal("out", out, np.concatenate([half[0] for half in halves]), because)
    expect_equal("dx", dx, np.concatenate([part[0] for part in parts]), because)
    expect_equal("dw", dw, parts[0][1] + parts[1][1], because)
    expect_equal("db", db, parts[0][2] + parts[1][2], because)


@identity(
    "independence", "per-sample-sum",
    catches="code in which the place of a data point matters",
)  # fmt: skip
def data_points_may_be_reordered(layer: Layer, case: Case) -> None:
    """Reordering the batch reorders out and dX and leaves dW and db."""
    x, w, b, dout = case.point
    order = case.order(len(x))
    out, pullback = layer.vjp(x, w, b)
    dx, dw, db = pullback(dout)
    moved, moved_pullback = layer.vjp(x[order], w, b)
    moved_dx, moved_dw, moved_db = moved_pullback(dout[order])
    expect_equal("out", moved, out[order], "the data points moved")
    expect_equal("dx", moved_dx, dx[order], "the data points moved")
    expect_equal("dw", moved_dw, dw, "the data points moved")
    expect_equal("db", moved_db, db, "the data points moved")


@identity(
    "out-entry", "dx", "dw", "db",
    catches="a wrong axis that only square shapes hide",
)  # fmt: skip
def outputs_may_be_reordered(layer: Layer, case: Case) -> None:
    """Reordering the columns of W, b and dout reorders out, dW and db and leaves dX."""
    x, w, b, dout = case.point
    order = case.order(len(b))
    out, pullback = layer.vjp(x, w, b)
    dx, dw, db = pullback(dout)
    moved, moved_pullback = layer.vjp(x, w[:, order], b[order])
    moved_dx, moved_dw, moved_db = moved_pullback(dout[:, order])
    expect_equal("out", moved, out[:, order], "the outputs moved")
    expect_equal("dx", moved_dx, dx, "the outputs moved")
    expect_equal("dw", moved_dw, dw[:, order], "the outputs moved")
    expect_equal("db", moved_db, db[order], "the outputs moved")


@identity(
    "per-sample-sum", catches="an average over the batch, which a second copy leaves as it is"
)
def a_doubled_batch_doubles_dw_and_db(layer: Layer, case: Case) -> None:
    """Every data point twice: dW and db double, out and dX repeat."""
    x, w, b, dout = case.point
    dx, dw, db = layer.backward(x, w, b, dout)
    twice = layer.backward(np.concatenate([x, x]), w, b, np.concatenate([dout, dout]))
    expect_equal("dx", twice[0], np.concatenate([dx, dx]), "the batch is doubled")
    expect_equal("dw", twice[1], 2 * dw, "the batch is doubled")
    expect_equal("db", twice[2], 2 * db, "the batch is doubled")


@identity(
    "per-sample-sum", "linearity",
    catches="a division by N, also one by the number of data points with a gradient",
)  # fmt: skip
def a_data_point_with_zero_dout_adds_nothing(layer: Layer, case: Case) -> None:
    """One more data point whose upstream gradient is 0 leaves dW and db."""
    x, w, b, dout = case.point
    _, dw, db = layer.backward(x, w, b, dout)
    longer_x = np.concatenate([x, np.full((1, x.shape[1]), 3, x.dtype)])
    longer = layer.backward(longer_x, w, b, np.concatenate([dout, 0 * dout[:1]])
                            if len(x) else np.zeros((1, len(b)), x.dtype))  # fmt: skip
    expect_equal("dw", longer[1], dw, "a data point with zero dout was added")
    expect_equal("db", longer[2], db, "a data point with zero dout was added")


@identity(
    "mean-loss", "average",
    catches="an average taken although dout carries the 1/N of the mean loss already",
)  # fmt: skip
def the_mean_loss_needs_no_second_average(layer: Layer, case: Case) -> None:
    """Averaging the gradients of the ℓ_i is summing those of the mean loss; dX is no average."""
    # N times dout needs the headroom of float64.
    x, w, b, dout = case.float64().point
    n = len(x)
    dx, dw, db = layer.backward(x, w, b, dout)
    for i in range(n):
        of_loss_i = layer.backward(x[i : i + 1], w, b, n * dout[i : i + 1])
        expect_equal("N·dx", n * dx[i : i + 1], of_loss_i[0], "row by row, dX is never averaged")
        dw, db = dw - of_loss_i[1] / n, db - of_loss_i[2] / n
    expect_equal("dw − average", dw, np.zeros(w.shape), "dout holds 1/N of each ∂ℓ_i/∂out_i")
    expect_equal("db − average", db, np.zeros(b.shape), "dout holds 1/N of each ∂ℓ_i/∂out_i")


@identity(
    "batch-additivity", "out-entry", "dx", "dw", "db",
    catches="a block size: whatever comes after the last full block is lost",
)  # fmt: skip
def sizes_around_blocks_are_no_exception(layer: Layer, case: Case) -> None:
    """At 7, 8, 9, …, 127, 128, 129 rows, features or outputs the formulas still hold."""
    size, side = _BLOCKS[case.pick(len(_BLOCKS))], case.choice // len(_BLOCKS) % 3
    sizes = [max(min(length, 3), 1) for length in case.point.sizes]
    sizes[side] = size
    n, d, m = sizes
    # Ones and minus ones: exact at any of these lengths, in every format.
    shapes = (n, d), (d, m), (m,), (n, m)
    point = Operands(*map(_signs, case.point, shapes))
    expected = exact(point)
    for quantity, got in layer.results(*point).items():
        expect_equal(quantity, got, expected[quantity], f"at sizes {tuple(sizes)}")


@identity("out-row", catches="a bias added along the wrong axis, which fits when N = M")
def the_bias_shifts_every_row(layer: Layer, case: Case) -> None:
    """out with the bias, less out without it, is b on every row."""
    x, w, b, _ = case.point
    shift = layer.forward(x, w, b) - layer.forward(x, w, 0 * b)
    expect_equal("shift of out", shift, np.tile(b, (len(x), 1)))


def _signs(array: Array, shape: tuple[int, ...]) -> Array:
    signs = np.where(np.signbit(array), -1, 1).astype(array.dtype)
    return np.resize(signs if signs.size else np.ones(1, array.dtype), shape)
