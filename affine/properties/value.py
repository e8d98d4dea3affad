"""Value: each result is the number that the equation says."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from affine.layer import GRADIENTS, Array, Case, Layer, Operands
from affine.oracle import (
    Violation,
    bounds,
    exact,
    expect_array,
    expect_equal,
    expect_within,
    expect_within_rounding,
    surely_within,
)
from affine.properties.comparisons import expect_number, expect_same, paired
from affine.properties.property import checks


@checks(
    "out", "out-row", "out-entry", "rounding-bound", values="any",
    catches="a forward pass that is wrong in step with its backward pass, which no finite "
    "difference can see",
)  # fmt: skip
def forward_is_x_w_plus_b(layer: Layer, case: Case) -> None:
    """Every entry of out is Σ_d X_id W_dj + b_j, up to the rounding of a sound algorithm."""
    expect_within_rounding("out", layer.forward(*case.primal[:3]), case.primal)


@checks(
    "dx", "rounding-bound", values="any",
    catches="a missing transpose, or W replaced by another operand",
)  # fmt: skip
def dx_is_dout_wt(layer: Layer, case: Case) -> None:
    """Every entry of dX is Σ_j dout_ij W_dj, up to the rounding of a sound algorithm."""
    expect_within_rounding("dx", layer.results(*case.primal)["dx"], case.primal)


@checks(
    "dw", "rounding-bound", values="any",
    catches="an average where the sum belongs, or a term left out",
)  # fmt: skip
def dw_is_xt_dout(layer: Layer, case: Case) -> None:
    """Every entry of dW is Σ_i X_id dout_ij, up to the rounding of a sound algorithm."""
    expect_within_rounding("dw", layer.results(*case.primal)["dw"], case.primal)


@checks(
    "db", "rounding-bound", values="any",
    catches="db left at N×M, summed over the wrong axis, or averaged",
)  # fmt: skip
def db_is_the_column_sum_of_dout(layer: Layer, case: Case) -> None:
    """Every entry of db is Σ_i dout_ij, up to the rounding of a sound algorithm."""
    expect_within_rounding("db", layer.results(*case.primal)["db"], case.primal)


@checks(
    "finite-difference", "chain", sizes="all large",
    catches="a backward pass that does not belong to its forward pass, with no formula needed",
)  # fmt: skip
def central_difference_is_twice_the_directional_derivative(layer: Layer, case: Case) -> None:
    """L(θ + δ) − L(θ − δ) = 2⟨∇L, δ⟩ exactly, with X, W and b moving together."""
    dout, steps = case.primal.dout, case.tangent[:3]
    moved = [tuple(map(move, case.primal[:3], steps)) for move in (np.add, np.subtract)]
    here, ahead, behind = layer.results_of([case.primal, *moved])
    pairs = zip(GRADIENTS, steps, strict=True)
    slope = sum(paired(quantity, here[quantity], step) for quantity, step in pairs)
    difference = paired("out", ahead["out"], dout) - paired("out", behind["out"], dout)
    expect_number("gradients", "2⟨∇L, δ⟩", 2 * slope, difference)


@checks(
    "jacobian-x", "jacobian-w", "jacobian-b", "entry-x", "entry-w", "entry-b", "independence",
    catches="an entry of a Jacobian outside its diagonal blocks",
)  # fmt: skip
def one_hot_dout_reads_off_the_jacobians(layer: Layer, case: Case) -> None:
    """With dout = 1 at (i, j) alone, dX, dW and db are row (i, j) of the three Jacobians."""
    x, w, b, dout = case.primal
    flat = case.pick(dout.size)
    i, j = divmod(flat, len(b))
    rows = [np.zeros_like(array) for array in (x, w, b)]
    rows[0][i], rows[1][:, j], rows[2][j] = w[:, j], x[i], 1
    point = case.primal._replace(dout=_one_hot(dout.shape, flat, dout))
    expected = dict(zip(GRADIENTS, rows, strict=True))
    because = f"dout is 1 at [{i}, {j}] and 0 elsewhere"
    expect_same(layer.results(*point), expected, because, point)


@checks(
    "bilinearity", "out-entry", "dx", "dw",
    catches="a single wrong coefficient: for a bilinear layer this is a proof at these sizes",
)  # fmt: skip
def basis_pairs_recover_the_coefficients(layer: Layer, case: Case) -> None:
    """At sizes up to 3, every pair of basis matrices gives its coefficients, also beside zeros."""
    like = case.cut(slice(3), slice(3), slice(3)).primal
    points, expected = zip(*_basis_pairs(*like.sizes, like.x), strict=True)
    for point, got, values in zip(points, layer.results_of(points), expected, strict=True):
        expect_same(got, values, "operands of one entry each, or of none", point)


def _basis_pairs(
    n: int, d: int, m: int, like: Array
) -> Iterator[tuple[Operands, dict[str, Array]]]:
    """Yield operands of one entry each, or of none, and what the equations give for them."""
    for flat_x, flat_w, flat_dout in _covering(n * d, d * m, n * m):
        (i, k), (kk, j), (ii, jj) = divmod(flat_x, d), divmod(flat_w, m), divmod(flat_dout, m)
        point = Operands(
            x=_one_hot((n, d), flat_x, like), w=_one_hot((d, m), flat_w, like),
            b=_one_hot((m,), jj, like), dout=_one_hot((n, m), flat_dout, like),
        )  # fmt: skip
        expected = {
            "out": _one_hot((n, m), i * m + j, like) * (k == kk) + point.b,
            "dx": _one_hot((n, d), ii * d + kk, like) * (j == jj),
            "dw": _one_hot((d, m), k * m + jj, like) * (i == ii),
            "db": point.b,
        }
        yield point, expected
    # What is skipped where an operand is 0 may matter to the results that do not contain it.
    first = Operands.of_sizes((n, d, m), lambda shape: _one_hot(shape, 0, like))
    for name in Operands._fields:
        x, w, b, dout = point = first._replace(**{name: 0 * getattr(first, name)})
        yield point, {"out": x @ w + b, "dx": dout @ w.T, "dw": x.T @ dout, "db": dout.sum(axis=0)}


def _covering(*counts: int) -> list[tuple[int, int, int]]:
    """Return as few triples as contain every pair of values of every two of the three places."""
    least, *others = sorted(range(3), key=lambda place: counts[place])
    triples = []
    for one, other in np.ndindex(counts[others[0]], counts[others[1]]):
        places = {others[0]: one, others[1]: other, least: (one + other) % counts[least]}
        triples.append((places[0], places[1], places[2]))
    return triples


@checks("jvp", needs="jvp", catches="a forward-mode rule that forgets a term, often the bias")
def jvp_is_the_sum_of_its_three_terms(layer: Layer, case: Case) -> None:
    """out-dot is Ẋ W + X Ẇ + ḃ on every row, in integer arithmetic."""
    x, w, _, dout = case.primal
    x_dot, w_dot, b_dot, _ = case.tangent
    # The sum of two products is one product of matrices side by side.
    joined = Operands(np.hstack([x_dot, x]), np.vstack([w, w_dot]), b_dot, dout)
    got = layer.variants["jvp"](x, w, x_dot, w_dot, b_dot)
    expect_equal("out_dot", got, exact(joined, "out")["out"])


# ------------------------------------------------------------------ how results are rounded


@checks(
    "exact-integers", profile="note",
    catches="a sum that is rounded where it could be exact, such as `dout.mean(axis=0) * N`",
)  # fmt: skip
def integer_sums_are_exact(layer: Layer, case: Case) -> None:
    """On integers, what is right up to rounding is right to the last bit."""
    sums = exact(case.primal)
    for quantity, got in layer.results(*case.primal).items():
        with _right_up_to_rounding(quantity, got, case.primal):
            expect_equal(quantity, got, sums[quantity])


@checks(
    "rounding-bound", profile="note", values="reals",
    catches="a sum that is right beside the largest products and lost beside its own",
)  # fmt: skip
def rounding_stays_within_the_bound(layer: Layer, case: Case) -> None:
    """On real values, what is right up to rounding is within γ·Σ|x||y| of the exact sum.

    The bound of a plain sum, with two roundings to spare for a scale that is taken off again.
    """
    point = case.primal
    for quantity, got in layer.results(*point).items():
        with _right_up_to_rounding(quantity, got, point):
            if surely_within(quantity, expect_array(quantity, got), point):
                continue
            sums, limits = exact(point, quantity), bounds(point, quantity, extra_roundings=2)
            expect_within(quantity, got, sums[quantity], limits[quantity])


@contextmanager
def _right_up_to_rounding(quantity: str, got: Array, point: Operands) -> Iterator[None]:
    """Let a violation pass where the value is not even close: other properties say so."""
    try:
        yield
    except Violation:
        try:
            expect_within_rounding(quantity, got, point)
        except Violation:
            return
        raise


def _one_hot(shape: tuple[int, ...], flat: int, like: Array) -> Array:
    array = np.zeros(shape, like.dtype)
    array.flat[flat] = 1
    return array
