"""Equations that no property tests by itself follow from those that they restate.

Both sides are computed in exact arithmetic by the oracle: no layer is involved.
"""

from fractions import Fraction

import numpy as np
from hypothesis import given

from affine.equations import EQUATIONS
from affine.layer import Array, Case
from affine.oracle import exact, index_sum
from affine.strategies import cases, sizes, values

CASES = cases(sizes=sizes(zeros=False), values=values("integers"))


def _vec(matrix: Array) -> Array:
    return matrix.ravel(order="F")


def _times(matrix: Array, vector: Array) -> Array:
    return index_sum("ij,j->i", matrix, vector)


@given(CASES)
def test_vec_restates_the_forward_pass(case: Case) -> None:
    """Wᵀ⊗I and I⊗X, applied to stacked columns, give the index sums of out."""
    x, w, b, _ = case.primal.map(np.float64)
    n, m = len(x), len(b)
    by_b = _times(np.kron(np.eye(m), np.ones((n, 1))), b)
    expected = _vec(exact(case.primal, "out")["out"])
    assert (_times(np.kron(w.T, np.eye(n)), _vec(x)) + by_b == expected).all()
    assert (_times(np.kron(np.eye(m), x), _vec(w)) + by_b == expected).all()


@given(CASES)
def test_the_mean_loss_restates_the_sum(case: Case) -> None:
    """With dout_i = ∂ℓ_i/∂out_i / N, the sum Xᵀ dout is the average of the X_iᵀ ∂ℓ_i/∂out_i."""
    x, _, _, by_out = case.primal
    n = len(x)
    dout = index_sum("nm->nm", by_out) * Fraction(1, n)
    summed = np.einsum("nd,nm->dm", index_sum("nd->nd", x), dout)
    terms = index_sum("nd,nm->ndm", x, by_out)
    assert (summed == sum(terms) * Fraction(1, n)).all()


@given(CASES)
def test_averaging_restates_the_gradients(case: Case) -> None:
    """dW and db of the mean loss are averages of those of the ℓ_i; dX is theirs, row by row."""
    n = len(case.primal.x)
    whole = exact(case.primal)
    alone = [exact(case.cut(slice(i, i + 1), slice(None), slice(None)).primal) for i in range(n)]
    for quantity in ("dw", "db"):
        average = sum(one[quantity] for one in alone) * Fraction(1, n)
        assert (whole[quantity] * Fraction(1, n) == average).all()
    assert (whole["dx"] == np.concatenate([one["dx"] for one in alone])).all()


def test_every_restatement_is_checked_here() -> None:
    """Who restates another equation stands above."""
    restating = {tag for tag, equation in EQUATIONS.items() if equation.restates}
    checked = {"vec", "mean-loss", "average"}
    assert restating == checked, "check above that it follows, then add its tag to this set"
