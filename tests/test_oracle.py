"""The oracle is exact, its bound holds, and its comparison is not fooled."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from affine.layer import Case
from affine.oracle import (
    Violation,
    bounds,
    exact,
    exact_limit,
    expect_equal,
    expect_within,
    index_sum,
    precision,
    surely_within,
)
from affine.quantities import QUANTITIES
from affine.strategies import DTYPES, cases, values


@given(cases())
def test_index_sums_are_exact(case: Case) -> None:
    """They equal the same sums over Fractions, entry by entry."""
    x, _, _, dout = case.primal
    found = index_sum("nd,nm->dm", x, dout)
    for d, m in np.ndindex(found.shape):
        terms = (
            Fraction(float(a)) * Fraction(float(g))
            for a, g in zip(x[:, d], dout[:, m], strict=True)
        )
        assert found[d, m] == sum(terms)


@given(cases(values=values("integers")), st.integers(0, 2**32))
def test_integers_are_exact_in_any_order_of_summation(case: Case, seed: int) -> None:
    """Summed forwards, backwards or shuffled: one result, bit for bit, equal to the oracle's."""
    x, _, _, dout = case.primal
    expected = exact(case.primal, "dw")["dw"]
    orders = [
        np.arange(len(x)),
        np.arange(len(x))[::-1],
        np.random.default_rng(seed).permutation(len(x)),
    ]
    for order in orders:
        total = np.zeros(expected.shape, x.dtype)
        for i in order:
            total = total + x[i][:, None] * dout[i]
        expect_equal("dw", total, expected)


@given(cases(values=values("reals")), st.integers(0, 2**32))
def test_the_bound_holds_in_any_order_of_summation(case: Case, seed: int) -> None:
    """Also for the naive loop in the operands' own precision."""
    x, w, b, dout = case.primal
    limits, sums = bounds(case.primal), exact(case.primal)
    total, columns = np.zeros(w.shape, x.dtype), np.zeros(b.shape, x.dtype)
    for i in np.random.default_rng(seed).permutation(len(x)):
        total, columns = total + x[i][:, None] * dout[i], columns + dout[i]
    expect_within("dw", total, sums["dw"], limits["dw"])
    expect_within("db", columns, sums["db"], limits["db"])
    expect_within("out", x @ w + b, sums["out"], limits["out"])


@given(
    cases(values=values("reals")),
    st.sampled_from(tuple(QUANTITIES)),
    st.floats(0, 4),
    st.sampled_from(DTYPES),
)
def test_long_doubles_never_contradict_the_bound(
    case: Case, name: str, share: float, dtype: str
) -> None:
    """Also beside a bias of another format, and for results on either side of the bound."""
    point = case.primal._replace(b=case.primal.b.astype(dtype))
    limit = bounds(point, name, extra_roundings=2)[name]
    expected = exact(point, name)[name]
    got = np.array(expected + limit * Fraction(share), dtype=np.float64)
    error = abs(index_sum("...->...", got) - expected)
    if surely_within(name, got, point) is True:
        assert (error <= bounds(point, name)[name]).all()
    if surely_within(name, got, point, extra_roundings=2) is False:
        assert not (error <= limit).all()


@given(st.integers(1, 2**20), st.sampled_from(DTYPES))
@example(1, "float64")
@example(2048, "float16")
def test_the_exact_limit_is_the_largest(terms: int, dtype: str) -> None:
    """R satisfies K·R² + R < 2^p, and R + 1 does not."""
    limit, largest = 2 ** precision(dtype), exact_limit(terms, dtype)
    assert terms * largest**2 + largest < limit or largest == 0
    assert terms * (largest + 1) ** 2 + (largest + 1) >= limit


@pytest.mark.parametrize(
    ("got", "message"),
    [
        ([1.0, 2.0], "db is list, but should be a NumPy array"),
        (np.float64(3.0), "db is float64, but should be a NumPy array"),
        (np.array(3.0), r"db has shape \(\), but should have \(2,\)"),
        (np.array([[1.0, 2.0]]), r"db has shape \(1, 2\), but should have \(2,\)"),
        (np.array([1, 2]), "db has dtype int64, but should be floating"),
        (np.array([1.0, np.nan]), r"db\[1\] = nan, but should be 2.0"),
        (np.array([0.0, 0.0]), r"db\[0\] = 0.0, but should be 1.0 \(2 of 2 entries differ\)"),
    ],
)
def test_a_wrong_result_is_described(got: object, message: str) -> None:
    """A scalar, a kept axis, NaN: each is a difference, and none is broadcast away."""
    with pytest.raises(Violation, match=f"^{message}"):
        expect_equal("db", got, np.array([1.0, 2.0]))


def test_one_unit_in_the_last_place_is_a_difference() -> None:
    """Equality is equality."""
    with pytest.raises(Violation):
        expect_equal("db", np.array([np.nextafter(1.0, 2.0)]), np.array([1.0]))
