"""Cases reach on purpose what hides mistakes: sizes, layouts, dtypes, equal and zero entries."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import Phase, given, seed, settings

from affine.layer import Case
from affine.oracle import exact_limit
from affine.strategies import DTYPES, LAYOUTS, cases, class_of

DRAWS = 2000


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    """Many cases from one seed."""
    found = []

    @seed(1)
    @settings(max_examples=DRAWS, database=None, deadline=None, phases=[Phase.generate])
    @given(cases())
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


def test_every_kind_of_sizes_is_common(drawn: list[Case]) -> None:
    """The shares that the documentation prints are measured; here they have a floor."""
    share = {
        kind: count / len(drawn)
        for kind, count in Counter(class_of(case.point.sizes) for case in drawn).items()
    }
    assert share["pairwise different"] > 0.4
    assert min(share["some equal"], share["a size of one"], share["a size of zero"]) > 0.08


def test_large_sizes_are_reached(drawn: list[Case]) -> None:
    """Up to 20 a side."""
    assert max(max(case.point.sizes) for case in drawn) == 20


def test_every_dtype_is_reached(drawn: list[Case]) -> None:
    """All four arrays of a case share it."""
    assert {case.point.x.dtype.name for case in drawn} == set(DTYPES)
    assert all(len({array.dtype for array in case.point}) == 1 for case in drawn)


def test_every_layout_is_reached(drawn: list[Case]) -> None:
    """By what an array is, not by what it was called."""
    arrays = [case.point.dout for case in drawn if min(case.point.sizes) > 1]
    assert any(array.flags.c_contiguous and array.base is None for array in arrays)
    assert any(array.flags.f_contiguous and array.base is None for array in arrays)
    assert any(array.flags.f_contiguous and array.base is not None for array in arrays)
    assert any(not array.flags.forc and min(array.strides) > array.itemsize for array in arrays)
    assert any(min(array.strides) < 0 for array in arrays)
    assert any(0 in array.strides for array in arrays)
    assert any(not array.flags.writeable for array in arrays)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_keeps_shape_and_dtype(name: str) -> None:
    """And, but for the broadcast one, every value."""
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    laid_out = LAYOUTS[name](array)
    assert (laid_out.shape, laid_out.dtype) == (array.shape, array.dtype)
    assert np.array_equal(laid_out, array if name != "broadcast" else array[[0, 0]])
    assert not np.may_share_memory(laid_out, array)


@given(cases(values_of="integers"))
def test_integers_leave_room_for_exact_sums(case: Case) -> None:
    """Twice the largest entry still satisfies K·R² + R < 2^p."""
    largest = max(np.abs(array).max(initial=0) for array in (*case.point, *case.step))
    assert 2 * largest <= exact_limit(max(case.point.sizes), case.point.x.dtype)
    assert all((array == np.rint(array)).all() for array in (*case.point, *case.step))


@given(cases(values_of="reals"))
def test_reals_are_finite(case: Case) -> None:
    """No value, and no product of two, leaves its format."""
    x, _, _, dout = case.point
    assert np.isfinite(x[:, :, None] * dout[:, None, :]).all()


def test_small_cases_have_no_entry_in_common(drawn: list[Case]) -> None:
    """Zero entries and distinct entries both occur: one hides masks, the other transposes."""
    points = [case.point for case in drawn if min(case.point.sizes) > 1]
    assert any((point.x == 0).any() for point in points)
    assert any(len(np.unique(point.x)) == point.x.size for point in points)
