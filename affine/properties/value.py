"""Value: each result is the number that the equation says."""

from itertools import product

import numpy as np

from affine.layer import Array, Case, Layer, Operands
from affine.oracle import (
    bounds,
    exact,
    exact_limit,
    expect,
    expect_equal,
    expect_within,
    gradients,
    index_sum,
    out,
    pairing,
    precision,
)
from affine.properties.property import identity


@identity(
    "out", "out-row", "out-entry",
    catches="a forward pass that is wrong in step with its backward pass, which no finite "
    "difference can see",
)  # fmt: skip
def forward_is_x_w_plus_b(layer: Layer, case: Case) -> None:
    """Every entry of out is Σ_d X_id W_dj + b_j, in integer arithmetic."""
    x, w, b, _ = case.point
    expected = out(x, w, b)
    expect_equal("out", layer.forward(x, w, b), expected)


@identity("dx", "one-dx", catches="a missing transpose, or W replaced by another operand")
def dx_is_dout_wt(layer: Layer, case: Case) -> None:
    """Every entry of dX is Σ_j dout_ij W_dj, in integer arithmetic."""
    x, w, b, dout = case.point
    expected, _, _ = gradients(x, w, dout)
    expect_equal("dx", layer.backward(x, w, b, dout)[0], expected)


@identity("dw", catches="an average where the sum belongs, or a term left out")
def dw_is_xt_dout(layer: Layer, case: Case) -> None:
    """Every entry of dW is Σ_i X_id dout_ij, in integer arithmetic."""
    x, w, b, dout = case.point
    _, expected, _ = gradients(x, w, dout)
    expect_equal("dw", layer.backward(x, w, b, dout)[1], expected)


@identity("db", catches="db left at N×M, summed over the wrong axis, or averaged")
def db_is_the_column_sum_of_dout(layer: Layer, case: Case) -> None:
    """Every entry of db is Σ_i dout_ij, in integer arithmetic."""
    x, w, b, dout = case.point
    _, _, expected = gradients(x, w, dout)
    expect_equal("db", layer.backward(x, w, b, dout)[2], expected)


@identity(
    "chain", "entry-x", "entry-w", "entry-b", "finite-difference",
    catches="a backward pass that does not belong to its forward pass, with no formula needed",
)  # fmt: skip
def each_gradient_entry_is_a_unit_difference(layer: Layer, case: Case) -> None:
    """Moving one entry of X, W or b by 1 changes ⟨dout, out⟩ by exactly that gradient entry."""
    x, w, b, dout = case.point
    start = pairing(dout, layer.forward(x, w, b))
    for position, gradient in enumerate(layer.backward(x, w, b, dout)):
        differences = np.empty(case.point[position].shape)
        for index in np.ndindex(differences.shape):
            moved = [x, w, b]
            moved[position] = moved[position].copy()
            moved[position][index] += 1
            differences[index] = pairing(dout, layer.forward(*moved)) - start
        expect_equal(("dx", "dw", "db")[position], gradient, differences)


@identity(
    "finite-difference", "chain",
    catches="any polynomial error in a gradient, at the cost of two forward passes",
)  # fmt: skip
def central_difference_is_twice_the_directional_derivative(layer: Layer, case: Case) -> None:
    """L(θ + δ) − L(θ − δ) = 2⟨∇L, δ⟩ exactly, with X, W and b moving together."""
    x, w, b, dout = case.point
    steps = case.step[:3]
    ahead = layer.forward(x + steps[0], w + steps[1], b + steps[2])
    behind = layer.forward(x - steps[0], w - steps[1], b - steps[2])
    slope = sum(map(pairing, layer.backward(x, w, b, dout), steps))
    difference = pairing(dout, ahead) - pairing(dout, behind)
    expect(
        difference == 2 * slope,
        f"L(θ+δ) − L(θ−δ) = {difference}, but should be 2⟨∇L, δ⟩ = {2 * slope}",
        "gradients",
    )


@identity(
    "jacobian-x", "jacobian-w", "jacobian-b", "entry-x", "entry-w", "entry-b",
    catches="an entry of a Jacobian outside its diagonal blocks",
)  # fmt: skip
def one_hot_dout_reads_off_the_jacobians(layer: Layer, case: Case) -> None:
    """With dout = 1 at (i, j) alone, dX, dW and db are row (i, j) of the three Jacobians."""
    x, w, b, dout = case.point
    for i, j in _some_entries(dout.shape, case):
        dx, dw, db = layer.backward(x, w, b, _one_hot(dout, (i, j)))
        rows = [np.zeros(array.shape) for array in (x, w, b)]
        rows[0][i], rows[1][:, j], rows[2][j] = w[:, j], x[i], 1
        for quantity, got, expected in zip(("dx", "dw", "db"), (dx, dw, db), rows, strict=True):
            expect_equal(quantity, got, expected, f"dout is 1 at [{i}, {j}] and 0 elsewhere")


@identity(
    "bilinearity", "dx", "dw",
    catches="a single wrong coefficient: for a bilinear layer this is a proof at these sizes",
)  # fmt: skip
def basis_pairs_recover_the_coefficients(layer: Layer, case: Case) -> None:
    """At sizes up to 2, every pair of basis matrices gives the coefficients of dX and dW."""
    zeros = Operands(*(array[(slice(2),) * array.ndim] * 0 for array in case.point))
    for (i, j), (d, k) in product(np.ndindex(zeros.dout.shape), np.ndindex(zeros.w.shape)):
        point = zeros._replace(dout=_one_hot(zeros.dout, (i, j)), w=_one_hot(zeros.w, (d, k)))
        expected = _one_hot(zeros.x, (i, d)) * (j == k)
        expect_equal("dx", layer.backward(*point)[0], expected)
    for (i, d), (k, j) in product(np.ndindex(zeros.x.shape), np.ndindex(zeros.dout.shape)):
        point = zeros._replace(x=_one_hot(zeros.x, (i, d)), dout=_one_hot(zeros.dout, (k, j)))
        expected = _one_hot(zeros.w, (d, j)) * (i == k)
        expect_equal("dw", layer.backward(*point)[1], expected)


@identity("vec", catches="a gradient that is not the transpose of the forward matrix")
def kronecker_matrices_give_the_layer_and_its_gradients(layer: Layer, case: Case) -> None:
    """vec(out) and the three gradients are products with Wᵀ⊗I, I⊗X and I⊗𝟏 and their transposes."""
    x, w, b, dout = case.float64().point
    n, _, m = case.point.sizes
    by_x, by_w = np.kron(w.T, np.eye(n)), np.kron(np.eye(m), x)
    by_b = np.kron(np.eye(m), np.ones((n, 1)))
    got, pullback = layer.vjp(x, w, b)
    expect_equal("vec(out)", _vec(got), by_x @ _vec(x) + by_b @ b)
    dx, dw, db = pullback(dout)
    expect_equal("vec(dx)", _vec(dx), by_x.T @ _vec(dout))
    expect_equal("vec(dw)", _vec(dw), by_w.T @ _vec(dout))
    expect_equal("db", db, by_b.T @ _vec(dout))


@identity(
    "rounding-bound",
    values_of="reals",
    catches="a sum that is exact on integers and careless on real numbers",
)
def rounding_stays_within_the_bound(layer: Layer, case: Case) -> None:
    """On real values every entry is within γ_K·Σ|x||y| of the exact sum."""
    values, limits = exact(case.point), bounds(case.point)
    for quantity, got in layer.results(*case.point).items():
        expect_within(quantity, got, values[quantity], limits[quantity])


@identity(
    "exact-integers", "rounding-bound",
    catches="a hidden cast to a narrower format",
)  # fmt: skip
def every_bit_of_the_format_arrives(layer: Layer, case: Case) -> None:
    """2^(p−1) + 1, which needs every bit of the format, passes through unrounded."""
    if 0 in case.point.sizes:
        return
    x, w, b, dout = case.point.map(np.zeros_like)
    number = float(2 ** (precision(x.dtype) - 1) + 1)
    x[:, 0], w[0, :] = number, 1
    expect_equal("out", layer.forward(x, w, b), np.full(dout.shape, number))
    w[0, :], x[:, 0] = 0, 0
    w[:, 0], x[0, :], dout[0, 0] = 1, 1, number
    dx, dw, db = layer.backward(x, w, b, dout)
    expect_equal("dx", dx[0], np.full(x.shape[1], number))
    expect_equal("dw", dw[:, 0], np.full(x.shape[1], number))
    expect_equal("db", db[:1], np.array([number]))


@identity(
    "exact-integers",
    catches="an accumulator that is narrower than the result",
)
def sums_stay_exact_up_to_the_limit(layer: Layer, case: Case) -> None:
    """With integers of size R, the largest for which K·R² + R < 2^p, nothing is rounded."""
    largest = float(exact_limit(max(case.point.sizes), case.point.x.dtype))
    point = case.point.map(lambda array: np.copysign(array * 0 + largest, array))
    expected = exact(point)
    for quantity, got in layer.results(*point).items():
        expect_equal(quantity, got, expected[quantity])


@identity("jvp", needs="jvp", catches="a forward-mode rule that forgets a term, often the bias")
def jvp_is_the_sum_of_its_three_terms(layer: Layer, case: Case) -> None:
    """out-dot is Ẋ W + X Ẇ + ḃ on every row, in integer arithmetic."""
    assert layer.jvp is not None
    x, w, _, _ = case.point
    x_dot, w_dot, b_dot, _ = case.step
    expected = out(x_dot, w, b_dot) + index_sum("nd,dm->nm", x, w_dot)
    expect_equal("out_dot", layer.jvp(x, w, x_dot, w_dot, b_dot), expected)


@identity(
    "jvp", "affinity", needs="jvp",
    catches="a forward-mode rule that belongs to another forward pass",
)  # fmt: skip
def jvp_is_half_the_central_difference(layer: Layer, case: Case) -> None:
    """F(θ + δ) − F(θ − δ) is exactly twice the directional derivative."""
    assert layer.jvp is not None
    x, w, b, _ = case.point
    x_dot, w_dot, b_dot, _ = case.step
    ahead = layer.forward(x + x_dot, w + w_dot, b + b_dot)
    behind = layer.forward(x - x_dot, w - w_dot, b - b_dot)
    expect_equal("out_dot", 2 * layer.jvp(x, w, x_dot, w_dot, b_dot), ahead - behind)


def _vec(matrix: Array) -> Array:
    return matrix.ravel(order="F")


def _one_hot(like: Array, index: tuple[int, ...]) -> Array:
    array = np.zeros_like(like, subok=False)
    array[index] = 1
    return array


def _some_entries(shape: tuple[int, ...], case: Case) -> list[tuple[int, ...]]:
    """Every entry of a small array, and one diagonal of a large one."""
    if shape[0] * shape[1] <= 36:
        return list(np.ndindex(shape))
    return [(i, (i + case.choice) % shape[1]) for i in range(shape[0])]
