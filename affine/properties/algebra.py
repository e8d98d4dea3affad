"""Algebra: what follows from the layer being affine and its gradients bilinear."""

from math import frexp

import numpy as np

from affine.layer import GRADIENTS, Call, Case, Layer, Operands
from affine.oracle import expect_equal, index_sum
from affine.properties.comparisons import expect_number, expect_same, paired, require_finite
from affine.properties.property import checks


@checks(
    "affinity",
    catches="a non-linear leak in the forward pass, or a special path for W = 0",
)
def forward_is_affine_in_each_argument(layer: Layer, case: Case) -> None:
    """F(X + X') = F(X) + F(X') − F(0), and the same for W and for b."""
    point, step = case.primal[:3], case.tangent[:3]
    calls: list[Call] = [point]
    for place in range(3):
        arguments = list(point)
        for array in (point[place] + step[place], step[place], 0 * point[place]):
            arguments[place] = array
            calls.append(tuple(arguments))
    outs = [got["out"] for got in layer.results_of(calls)]
    here = require_finite("out", outs[0], case.primal.dout.shape)
    for place, name in enumerate(("X", "W", "b")):
        both, there, zero = outs[3 * place + 1 : 3 * place + 4]
        expect_equal("out", both, here + there - zero, f"out is not affine in {name}")


@checks(
    "linearity", "bilinearity",
    points_to=("magnitudes",),
    catches="an overflow or underflow on the way to a result that fits; a threshold or a clip",
)  # fmt: skip
def powers_of_two_scale_through(layer: Layer, case: Case) -> None:
    """Scaling by ±2^k, up to both ends of the format, scales every result and changes no digit."""
    x, w, b, dout = case.primal
    sign, exponent = _scale(case)
    factor = x.dtype.type(sign * 2.0**exponent)
    because = f"the values are scaled by {'−' if sign < 0 else ''}2^{exponent}"
    points = (
        Operands(x, w, b, dout * factor), Operands(x * factor, w, b * factor, dout),
        Operands(x, w * factor, b, dout), Operands(x * factor, w, b, dout),
    )  # fmt: skip
    by_dout, by_x_b, by_w, by_x = points
    base, *others = layer.results_of([case.primal, by_dout, by_x_b[:3], by_w, by_x])
    scaled = {quantity: result * factor for quantity, result in base.items()}
    compared = GRADIENTS, ("out",), ("dx",), ("dw",)
    for point, got, names in zip(points, others, compared, strict=True):
        expect_same(got, {name: scaled[name] for name in names}, because, point)


def _scale(case: Case) -> tuple[int, int]:
    """Return a sign, and a binary exponent: the lowest, the highest or one between them."""
    (n, d, m), limits = case.primal.sizes, np.finfo(case.primal.x.dtype)
    x, w, b, dout = (float(abs(array).max(initial=0)) for array in case.primal)
    # Every sum fits in any order, and so it does of sums of four blocks, as in Strassen's product.
    largest = max(d * x * w + b, m * dout * w, n * x * dout, n * dout, 1)
    high = int(limits.maxexp) - 3 - frexp(largest)[1]
    low = int(limits.minexp) + 5  # for a layer that divides by N on the way
    between = low + (case.selector // 6 + 1 - low) % (high - low)  # 1 first, to be read easily
    return int((-1) ** (case.selector // 3)), (between, low, high)[case.selector % 3]


@checks(
    "linearity", values="any",
    catches="a regulariser or another term that does not come from dout",
)  # fmt: skip
def zero_dout_gives_zero_gradients(layer: Layer, case: Case) -> None:
    """With dout = 0 every gradient is exactly 0."""
    x, w, b, dout = case.primal
    point = Operands(x, w, b, 0 * dout)
    zeros = {"dx": 0 * x, "dw": 0 * w, "db": 0 * b}
    expect_same(layer.results(*point), zeros, "dout is 0", point)


@checks(
    "pairings",
    catches="one gradient scaled against the others; a special path for X = 0 or b = 0",
)
def one_number_three_ways(layer: Layer, case: Case) -> None:
    """⟨dout, XW⟩ = ⟨dX, X⟩ = ⟨dW, W⟩ with b = 0, and ⟨dout, 𝟏bᵀ⟩ = ⟨db, b⟩ with X = 0."""
    x, w, b, dout = case.primal
    without_b, without_x = layer.results_of([(x, w, 0 * b, dout), (0 * x, w, b, dout)])
    product = paired("out", without_b["out"], dout)
    shift = paired("out", without_x["out"], dout)
    expect_number("dx", "⟨dX, X⟩", paired("dx", without_b["dx"], x), product)
    expect_number("dw", "⟨dW, W⟩", paired("dw", without_b["dw"], w), product)
    expect_number("db", "⟨db, b⟩", paired("db", without_x["db"], b), shift)


@checks(
    "adjoint", needs="jvp", sizes="all large",
    catches="a backward pass and a forward-mode rule that belong to different layers",
)  # fmt: skip
def backward_is_the_adjoint_of_jvp(layer: Layer, case: Case) -> None:
    """⟨dout, out-dot⟩ = ⟨dX, Ẋ⟩ + ⟨dW, Ẇ⟩ + ⟨db, ḃ⟩."""
    x, w, b, dout = case.primal
    steps = case.tangent[:3]
    ahead = paired("out_dot", layer.variants["jvp"](x, w, *steps), dout)
    gradients = zip(GRADIENTS, layer.backward(x, w, b, dout), steps, strict=True)
    back = sum(paired(quantity, gradient, step) for quantity, gradient, step in gradients)
    expect_number("out_dot", "⟨dout, out-dot⟩", ahead, back)


@checks(
    "balance", sizes="many outputs",
    catches="dX and dW scaled or transposed against each other, or outputs left out of dX",
)  # fmt: skip
def x_transposed_dx_is_dw_w_transposed(layer: Layer, case: Case) -> None:
    """Xᵀ dX and dW Wᵀ are one D×D matrix."""
    x, w, b, dout = case.primal
    dx, dw, _ = layer.backward(x, w, b, dout)
    sums = (
        index_sum("nd,ne->de", x, require_finite("dx", dx, x.shape)),
        index_sum("dm,em->de", require_finite("dw", dw, w.shape), w),
    )
    got, expected = (each.astype(np.float64) for each in sums)
    expect_equal("Xᵀ dX", got, expected, "it is not dW Wᵀ")


@checks(
    "out", "dx", "dw",
    catches="an exchanged index, in a case that a reader can check by eye; a shortcut for W = I",
)  # fmt: skip
def identity_matrices_show_the_operands(layer: Layer, case: Case) -> None:
    """With W = I, out is X plus the bias and dX is dout; with X = I, dW is dout."""
    x, w, b, dout = case.primal
    n, d, m = case.primal.sizes
    bias, weights = np.resize(b, d), np.resize(w, (n, m))
    points = (
        Operands(x, np.eye(d, dtype=x.dtype), bias, case.tangent.x),
        Operands(np.eye(n, dtype=x.dtype), weights, b, dout),
    )
    one, other = layer.results_of(points)
    for got, expected, because, point in (
        (one, {"out": x + bias, "dx": case.tangent.x}, "W is the identity", points[0]),
        (other, {"out": weights + b, "dw": dout}, "X is the identity", points[1]),
    ):
        expect_same(got, expected, because, point)


@checks(
    "ones-column",
    catches="a bias whose path differs from that of the weights, or a column of ones taken for one",
)
def bias_is_one_more_row_of_weights(layer: Layer, case: Case) -> None:
    """[X 𝟏] with [W; bᵀ] gives the same out, and [dW; dbᵀ] as one gradient."""
    x, w, b, dout = case.primal
    wide = np.column_stack([x, np.ones(len(x), x.dtype)])
    point = Operands(wide, np.vstack([w, b]), case.tangent.b, dout)
    because = "the bias is the last row of the weights"
    plain, got = layer.results_of([(x, w, b + case.tangent.b, dout), point])
    expect_equal("out", got["out"], plain["out"], because, point)
    dx, dw = require_finite("dx", got["dx"], wide.shape), got["dw"]
    expect_equal("dx", dx[:, :-1], plain["dx"])
    rows = require_finite("dw", plain["dw"], w.shape), require_finite("db", plain["db"], b.shape)
    expect_equal("dw", dw, np.vstack(rows), because, point)


@checks(
    "feature-change", sizes="many features",
    catches="code in which the place of a feature matters",
)  # fmt: skip
def features_may_be_permuted_and_scaled(layer: Layer, case: Case) -> None:
    """With XA and A⁻¹W, out stays; dX becomes dX A⁻ᵀ and dW becomes Aᵀ dW.

    A reverses the features and doubles every second one, so that nothing is rounded.
    """
    x, w, b, dout = case.primal
    order = np.arange(len(w))[::-1]
    scale = np.where(np.arange(len(w)) % 2, 2, 1).astype(x.dtype)
    point = Operands((x * scale)[:, order], (w / scale[:, None])[order], b, dout)
    plain, moved = layer.results_of([case.primal, point])
    dx, dw = require_finite("dx", plain["dx"], x.shape), require_finite("dw", plain["dw"], w.shape)
    turned = {"dx": (dx / scale)[:, order], "dw": (dw * scale[:, None])[order]}
    expected = {"out": plain["out"], **turned}
    expect_same(moved, expected, "the features moved", point)


@checks(
    "composition",
    points_to=("not_deterministic", "stale_state"),
    catches="a cache that two layers share, or a result that is taken for more than an array",
)
def two_layers_compose_into_one(layer: Layer, case: Case) -> None:
    """Two layers in a row are the layer with weights W₁W₂, and so are their gradients."""
    # Products of three operands need the headroom of float64, or operands that are signs.
    fitted = np.array if case.primal.x.dtype == np.float64 else np.sign
    x, w1, b1, like_out = case.primal.map(fitted)
    _, w2, b2, dout = _second(case.tangent.map(fitted))
    hidden, first = layer.vjp(x, w1, b1)
    out, second = layer.vjp(require_finite("out", hidden, like_out.shape), w2, b2)
    dhidden, dw2, db2 = second(dout)
    dx, dw1, db1 = first(require_finite("dx", dhidden, hidden.shape))
    product = index_sum("dm,mk->dk", w1, w2).astype(x.dtype)
    shift = (index_sum("m,mk->k", b1, w2) + index_sum("k->k", b2)).astype(x.dtype)
    one = layer.results(x, product, shift, dout)
    for quantity, got, expected in (
        ("out", out, one["out"]),
        ("dx", dx, one["dx"]),
        ("dw", dw1, index_sum("nd,nm->dm", x, dhidden)),
        ("db", db1, index_sum("nm->m", dhidden)),
        ("dw", dw2, index_sum("nm,nk->mk", hidden, dout)),
        ("db", db2, index_sum("nk->k", dout)),
    ):
        expect_equal(quantity, got, expected, "in two layers in a row")


def _second(tangent: Operands) -> Operands:
    """Return a second layer, from M to D + 1, and the dout after it: no shape is the first's."""
    x, w, _, _ = tangent
    weights = np.column_stack([w.T, np.ones(w.shape[1], w.dtype)])
    return Operands(x, weights, weights.sum(axis=0), np.column_stack([x, x[:, :1]]))
