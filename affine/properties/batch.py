"""Batch: data points do not interact inside the layer, and dW and db are sums over them."""

import numpy as np

from affine.layer import Case, Layer, Operands, WorkerDied, both_passes
from affine.oracle import exact, expect_equal, index_sum
from affine.properties.comparisons import expect_same
from affine.properties.property import checks

# Just below, at and above the sizes at which kernels change blocks.
_BLOCKS = tuple(2**power + offset for power in range(3, 11) for offset in (-1, 0, 1))


@checks(
    "per-sample", "per-sample-sum", "one-dw", "one-db", needs="per_sample_gradients",
    catches="per-sample gradients that are summed too early, or scaled",
)  # fmt: skip
def per_sample_gradients_are_the_terms_of_the_sum(layer: Layer, case: Case) -> None:
    """Term i of dW is the outer product of X_i and dout_i, term i of db is dout_i."""
    x, w, _, dout = case.primal
    dx, dw, db = layer.variants["per_sample_gradients"](dout, x, w)
    expect_equal("per-sample dx", dx, exact(case.primal, "dx")["dx"])
    expect_equal("per-sample dw", dw, index_sum("nd,nm->ndm", x, dout))
    expect_equal("per-sample db", db, index_sum("nm->nm", dout))


@checks(
    "batch-additivity", "independence", "per-sample-sum", "one-dx", "one-dw", "one-db",
    sizes="many data points",
    catches="data points that are left out, or averaged over, with no formula needed",
)  # fmt: skip
def a_split_batch_stacks_and_adds(layer: Layer, case: Case) -> None:
    """Split off one data point and what is before and after: out and dX stack, dW and db add."""
    x, w, b, dout = case.primal
    cut = case.pick(len(x))
    slices = slice(cut), slice(cut, cut + 1), slice(cut + 1, None)
    parted = [(x[part], w, b, dout[part]) for part in slices if len(x[part])]
    *parts, whole = layer.results_of([*parted, case.primal])
    because = f"data point {cut} of {len(x)} and those before and after it taken apart"
    for quantity, got in whole.items():
        found = [part[quantity] for part in parts]
        join = np.concatenate if quantity in ("out", "dx") else sum
        expect_equal(quantity, got, join(found), because)


@checks(
    "batch-additivity", "out-entry", "dx", "dw", "db",
    catches="a block size: whatever comes after the last full block is lost",
)  # fmt: skip
def sizes_around_blocks_are_no_exception(layer: Layer, case: Case) -> None:
    """At 7, 8, 9, …, 1023, 1024, 1025 rows, features or outputs the formulas still hold."""
    sizes = [max(min(length, 3), 1) for length in case.primal.sizes]
    sizes[case.selector // len(_BLOCKS) % 3] = _BLOCKS[case.pick(len(_BLOCKS))]
    # Ones and minus ones: exact at any of these lengths. In half precision so long a sum could be
    # off by a whole term and still be called rounding.
    generator = np.random.default_rng(case.selector)
    dtype = case.primal.x.dtype
    if not layer.dtypes or "float32" in layer.dtypes:
        dtype = np.promote_types(dtype, np.float32)
    signs = np.array([-1, 1], dtype)
    point = Operands.of_sizes(sizes, lambda shape: generator.choice(signs, shape))
    expect_same(layer.results(*point), exact(point), f"at sizes {point.sizes}", point)


@checks(
    "out", "dx", "dw", "db", needs="with_extra_axes",
    points_to=("flattened_axes",),
    catches="a dX in another order of axes than x has, or one that stays flat",
)  # fmt: skip
def extra_axes_of_x_are_flattened(layer: Layer, case: Case) -> None:
    """For x of shape (N, 2, D) the layer is that of its rows of 2·D features, or it refuses."""
    x, _, b, dout = case.primal
    weights = np.vstack([case.primal.w, case.tangent.w])
    flat = Operands(np.hstack([x, case.tangent.x]), weights, b, dout)
    axes = np.stack([x, case.tangent.x], axis=1)
    try:
        got = both_passes(layer.variants["with_extra_axes"], flat._replace(x=axes))
    except WorkerDied:
        raise
    except Exception:
        return  # a layer for matrices alone
    sums = exact(flat)
    sums["dx"] = sums["dx"].reshape(axes.shape)
    expect_same(got, sums, f"x has shape {axes.shape}", flat._replace(x=axes))
