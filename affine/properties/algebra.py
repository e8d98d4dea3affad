"""Algebra: what follows from the layer being affine and its gradients bilinear."""

import numpy as np

from affine.layer import Array, Case, Layer
from affine.oracle import expect, expect_equal, index_sum, pairing
from affine.properties.property import identity

# How far a power of two may scale the integers of the strategies and meet neither end of the
# format.
_REACH = {"float16": 2, "float32": 40, "float64": 300}


@identity("affinity", catches="a non-linear leak in the forward pass, such as a clip or a mask")
def forward_is_affine_in_each_argument(layer: Layer, case: Case) -> None:
    """F(X + X') = F(X) + F(X') − F(0), and the same for W and for b."""
    point, step = case.point[:3], case.step[:3]
    here = layer.forward(*point)
    for position, name in enumerate(("X", "W", "b")):
        both, there, zero = (
            [*point[:position], array, *point[position + 1 :]]
            for array in (point[position] + step[position], step[position], 0 * point[position])
        )
        expected = here + layer.forward(*there) - layer.forward(*zero)
        expect_equal("out", layer.forward(*both), expected, f"out is not affine in {name}")


@identity("affinity", "jvp", catches="a forward pass with a product of three entries in it")
def mixed_second_difference_is_the_product_of_the_steps(layer: Layer, case: Case) -> None:
    """Moving X and W together adds Ẋ Ẇ to what moving each alone does."""
    x, w, b, _ = case.point
    x_dot, w_dot, _, _ = case.step
    expected = index_sum("nd,dm->nm", x_dot, w_dot)
    apart = layer.forward(x + x_dot, w, b) + layer.forward(x, w + w_dot, b)
    mixed = layer.forward(x + x_dot, w + w_dot, b) + layer.forward(x, w, b) - apart
    expect_equal("mixed second difference of out", mixed, expected)


@identity(
    "linearity", "bilinearity",
    catches="a constant, a threshold or a clip that does not scale with the values",
)  # fmt: skip
def powers_of_two_scale_through(layer: Layer, case: Case) -> None:
    """Scaling by 2^k shifts the exponents of every result and changes no digit."""
    x, w, b, dout = case.point
    reach = _REACH[x.dtype.name]
    exponent = case.choice % (2 * reach + 1) - reach
    factor, because = x.dtype.type(2.0**exponent), f"the values are scaled by 2^{exponent}"
    out, pullback = layer.vjp(x, w, b)
    dx, dw, db = pullback(dout)
    expect_equal("out", layer.forward(x * factor, w, b * factor), out * factor, because)
    by_dout = layer.backward(x, w, b, dout * factor)
    for quantity, got, base in zip(("dx", "dw", "db"), by_dout, (dx, dw, db), strict=True):
        expect_equal(quantity, got, base * factor, because)
    expect_equal("dx", layer.backward(x, w * factor, b, dout)[0], dx * factor, because)
    expect_equal("dw", layer.backward(x * factor, w, b, dout)[1], dw * factor, because)


@identity(
    "linearity",
    catches="an absolute value, a mask or a rounding that treats the two signs differently",
)  # fmt: skip
def signs_carry_through(layer: Layer, case: Case) -> None:
    """Negating dout negates the gradients; negating X and W leaves out as it is."""
    x, w, b, dout = case.point
    expect_equal("out", layer.forward(-x, -w, b), layer.forward(x, w, b))
    ahead, back = layer.backward(x, w, b, dout), layer.backward(x, w, b, -dout)
    for quantity, got, expected in zip(("dx", "dw", "db"), back, ahead, strict=True):
        expect_equal(quantity, got, -expected, "dout was negated")


@identity(
    "linearity", values_of="any",
    catches="a regulariser or another term that does not come from dout",
)  # fmt: skip
def zero_dout_gives_zero_gradients(layer: Layer, case: Case) -> None:
    """With dout = 0 every gradient is exactly 0."""
    x, w, b, dout = case.point
    for quantity, got, like in zip(
        ("dx", "dw", "db"), layer.backward(x, w, b, dout * 0), (x, w, b), strict=True
    ):
        expect_equal(quantity, got, np.zeros(like.shape), "dout is 0")


@identity("linearity", catches="a normalised or saturated upstream gradient")
def backward_is_additive_in_dout(layer: Layer, case: Case) -> None:
    """The gradients of dout + dout' are the sums of the gradients."""
    x, w, b, dout = case.point
    parts = layer.backward(x, w, b, dout), layer.backward(x, w, b, case.step.dout)
    both = layer.backward(x, w, b, dout + case.step.dout)
    for quantity, got, one, other in zip(("dx", "dw", "db"), both, *parts, strict=True):
        expect_equal(quantity, got, one + other, "dout is a sum of two")


@identity("bilinearity", catches="a gradient that bends with the operand it multiplies")
def gradients_are_additive_in_their_other_operand(layer: Layer, case: Case) -> None:
    """dX is additive in W, and dW is additive in X."""
    x, w, b, dout = case.point
    other_x, other_w = case.step.x, case.step.w
    dx, dw, _ = layer.backward(x, w, b, dout)
    with_w = layer.backward(x, other_w, b, dout)[0]
    with_x = layer.backward(other_x, w, b, dout)[1]
    expect_equal("dx", layer.backward(x, w + other_w, b, dout)[0], dx + with_w)
    expect_equal("dw", layer.backward(x + other_x, w, b, dout)[1], dw + with_x)


@identity(
    "dx", "dw", "db",
    catches="weight decay, a fused activation mask, or an operand taken for another",
)  # fmt: skip
def gradients_ignore_what_they_do_not_contain(layer: Layer, case: Case) -> None:
    """dX does not depend on X or b, dW not on W or b, db on none of X, W and b."""
    x, w, b, dout = case.point
    other = case.step
    dx, dw, db = layer.backward(x, w, b, dout)
    expect_equal("dx", layer.backward(other.x, w, other.b, dout)[0], dx, "only X and b changed")
    expect_equal("dw", layer.backward(x, other.w, other.b, dout)[1], dw, "only W and b changed")
    expect_equal("db", layer.backward(other.x, other.w, other.b, dout)[2], db, "dout is the same")


@identity(
    "pairings", "adjoint",
    catches="one gradient scaled against the others, with no formula needed",
)  # fmt: skip
def one_number_three_ways(layer: Layer, case: Case) -> None:
    """⟨dout, XW⟩ = ⟨dX, X⟩ = ⟨dW, W⟩, and ⟨dout, 𝟏bᵀ⟩ = ⟨db, b⟩."""
    x, w, b, dout = case.point
    dx, dw, db = layer.backward(x, w, b, dout)
    product = pairing(dout, layer.forward(x, w, 0 * b))
    shift = pairing(dout, layer.forward(0 * x, w, b))
    for text, got, expected in (
        ("⟨dX, X⟩", pairing(dx, x), product),
        ("⟨dW, W⟩", pairing(dw, w), product),
        ("⟨db, b⟩", pairing(db, b), shift),
    ):
        expect(got == expected, f"{text} = {got}, but should be {expected}", text[1:3].lower())


@identity(
    "adjoint", needs="jvp",
    catches="a backward pass and a forward-mode rule that belong to different layers",
)  # fmt: skip
def backward_is_the_adjoint_of_jvp(layer: Layer, case: Case) -> None:
    """⟨dout, out-dot⟩ = ⟨dX, Ẋ⟩ + ⟨dW, Ẇ⟩ + ⟨db, ḃ⟩."""
    assert layer.jvp is not None
    x, w, b, dout = case.point
    steps = case.step[:3]
    ahead = pairing(dout, layer.jvp(x, w, *steps))
    back = sum(map(pairing, layer.backward(x, w, b, dout), steps))
    expect(ahead == back, f"⟨dout, out-dot⟩ = {ahead}, but should be {back}", "gradients")


@identity("balance", catches="dX and dW scaled or transposed against each other")
def x_transposed_dx_is_dw_w_transposed(layer: Layer, case: Case) -> None:
    """Xᵀ dX and dW Wᵀ are one D×D matrix."""
    # Products of three operands need the headroom of float64.
    x, w, b, dout = case.float64().point
    dx, dw, _ = layer.backward(x, w, b, dout)
    expect_equal("Xᵀ dX", _floats(index_sum("nd,ne->de", x, dx)), index_sum("dm,em->de", dw, w))


@identity(
    "out", "dx", "dw", values_of="any",
    catches="an exchanged index, in a counterexample that a reader can check by eye",
)  # fmt: skip
def identity_matrices_show_the_operands(layer: Layer, case: Case) -> None:
    """With W = I and b = 0, out is X and dX is dout; with X = I, dW is dout."""
    x, w, b, dout = case.point
    n, d, _ = case.point.sizes
    same = np.eye(d, dtype=x.dtype)
    got, pullback = layer.vjp(x, same, np.zeros(d, x.dtype))
    expect_equal("out", got, x, "W is the identity and b is 0")
    expect_equal("dx", pullback(case.step.x)[0], case.step.x, "W is the identity")
    rows = np.eye(n, dtype=x.dtype)
    weights = np.resize(w, (n, w.shape[1]))
    expect_equal("dw", layer.backward(rows, weights, b, dout)[1], dout, "X is the identity")


@identity("ones-column", catches="a bias whose path differs from the path of the weights")
def bias_is_one_more_row_of_weights(layer: Layer, case: Case) -> None:
    """[X 𝟏] with [W; bᵀ] gives the same out, and [dW; dbᵀ] as one gradient."""
    x, w, b, dout = case.point
    out, pullback = layer.vjp(x, w, b)
    dx, dw, db = pullback(dout)
    wide = np.column_stack([x, np.ones(len(x), x.dtype)])
    tall = np.vstack([w, b])
    wide_out, wide_pullback = layer.vjp(wide, tall, 0 * b)
    wide_dx, wide_dw, _ = wide_pullback(dout)
    expect_equal("out", wide_out, out)
    expect_equal("dx", wide_dx[:, :-1], dx)
    expect_equal("dw", wide_dw, np.vstack([dw, db]), "b is the last row of the weights")


@identity("feature-change", catches="code in which the place of a feature matters")
def features_may_be_permuted_and_scaled(layer: Layer, case: Case) -> None:
    """With XA and A⁻¹W, out stays; dX becomes dX A⁻ᵀ and dW becomes Aᵀ dW."""
    x, w, b, dout = case.point
    order = case.order(len(w))
    scale = np.where(np.arange(len(w)) % 2, 2, 1).astype(x.dtype)
    out, pullback = layer.vjp(x, w, b)
    dx, dw, _ = pullback(dout)
    changed, changed_pullback = layer.vjp((x * scale)[:, order], (w / scale[:, None])[order], b)
    changed_dx, changed_dw, _ = changed_pullback(dout)
    expect_equal("out", changed, out)
    expect_equal("dx", changed_dx, (dx / scale)[:, order], "the features moved")
    expect_equal("dw", changed_dw, (dw * scale[:, None])[order], "the features moved")


@identity("composition", "one-dx", catches="a cache that two layers share")
def two_layers_compose_into_one(layer: Layer, case: Case) -> None:
    """Two layers in a row are the layer with weights W₁W₂, and so are their gradients."""
    # Products of three operands need the headroom of float64.
    case = case.float64()
    x, w1, b1, _ = case.point
    w2, dout = case.step.w.T, case.step.x
    b2 = w2.sum(axis=0)
    hidden, first = layer.vjp(x, w1, b1)
    out, second = layer.vjp(hidden, w2, b2)
    dhidden, _, _ = second(dout)
    dx, dw1, db1 = first(dhidden)
    product = _floats(index_sum("dm,mk->dk", w1, w2))
    shift = _floats(index_sum("m,mk->k", b1, w2) + index_sum("k->k", b2))
    expected_dx, _, _ = layer.backward(x, product, shift, dout)
    expect_equal("out", out, layer.forward(x, product, shift))
    expect_equal("dx", dx, expected_dx, "of two layers in a row")
    expect_equal("dw", dw1, index_sum("nd,nm->dm", x, dhidden), "of the first of two layers")
    expect_equal("db", db1, index_sum("nm->m", dhidden), "of the first of two layers")
    expect_equal("dw", second(dout)[1], index_sum("nm,nk->mk", hidden, dout), "of the second")


def _floats(exact: Array) -> Array:
    return np.asarray(exact, dtype=np.float64)
