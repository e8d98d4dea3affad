"""Cases reach on purpose what hides mistakes: sizes, layouts, dtypes, equal and zero entries."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from affine.layer import Array, Case, Operands
from affine.oracle import exact_limit
from affine.strategies import DTYPES, LARGE, LAYOUTS, cases, layouts, operands, sizes, values
from docs.site_builder.suite.ledger import kind_of_sizes

DRAWS = 1000


def _drawn(draws: int = DRAWS, **options: object) -> list[Case]:
    """Return many cases from one seed."""
    found = []

    @seed(1)
    @settings(max_examples=draws, database=None, deadline=None, phases=[Phase.generate])
    @given(cases(**options))  # type: ignore[arg-type]
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    """Many plain cases."""
    return _drawn()


def test_every_kind_of_sizes_is_common(drawn: list[Case]) -> None:
    """The shares that the documentation prints are measured; here they have a floor."""
    share = {
        kind: count / len(drawn)
        for kind, count in Counter(kind_of_sizes(case.primal.sizes) for case in drawn).items()
    }
    assert share["pairwise different"] > 0.4
    assert min(share["some equal"], share["a size of one"], share["a size of zero"]) > 0.08


def test_three_equal_sizes_are_reached(drawn: list[Case]) -> None:
    """They hide every transpose."""
    equal = [case for case in drawn if len(set(case.primal.sizes)) == 1]
    assert {case.primal.sizes[0] for case in equal} >= {1, 2, 3, 4, 5, 6}


def test_large_sizes_are_reached(drawn: list[Case]) -> None:
    """Up to 20 a side."""
    assert max(max(case.primal.sizes) for case in drawn) == 20


def test_zeros_are_left_out_on_request() -> None:
    """Only the property of zero sizes asks for them."""
    assert min(min(case.primal.sizes) for case in _drawn(300, sizes=sizes(zeros=False))) == 1


@pytest.mark.parametrize("kind", LARGE)
def test_large_cases_have_the_sizes_that_they_are_named_after(kind: str) -> None:
    """One long side, or three at block boundaries; and every size is reached."""
    found = _drawn(400, sizes=sizes(kind))
    for axis, choices in enumerate(LARGE[kind]):
        reached = {case.primal.sizes[axis] for case in found}
        assert reached <= set(choices)
        assert {min(choices), max(choices)} <= reached or len(reached) > 200


def test_every_dtype_is_reached(drawn: list[Case]) -> None:
    """All eight arrays of a case share it."""
    assert {case.primal.x.dtype.name for case in drawn} == set(DTYPES)
    assert all(len({array.dtype for array in (*case.primal, *case.tangent)}) == 1 for case in drawn)


def test_plain_cases_are_plain(drawn: list[Case]) -> None:
    """C order, writable, and no array a view of another."""
    for case in drawn:
        for array in (*case.primal, *case.tangent):
            assert array.flags.c_contiguous
            assert array.flags.writeable
            assert array.base is None


def test_few_cases_repeat_the_entries_of_another(drawn: list[Case]) -> None:
    """Hypothesis repeats what it takes for alike; one flat draw gives it nothing to repeat."""
    large = [case.primal.x.tobytes() for case in drawn if case.primal.x.size >= 12]
    assert len(set(large)) > 0.97 * len(large)


def test_every_layout_is_reached() -> None:
    """By what an array is, not by what it was called; all are writable."""
    drawn = _drawn(500, layouts=layouts())
    arrays = [case.primal.dout for case in drawn if min(case.primal.sizes) > 1]
    assert any(array.flags.c_contiguous and array.base is None for array in arrays)
    assert any(array.flags.f_contiguous and array.base is None for array in arrays)
    assert any(array.flags.f_contiguous and array.base is not None for array in arrays)
    assert any(not array.flags.forc and array.strides[1] == array.itemsize for array in arrays)
    assert any(not array.flags.forc and min(array.strides) > array.itemsize for array in arrays)
    assert any(min(array.strides) < 0 for array in arrays)
    assert any(0 in array.strides for array in arrays)
    assert all(array.flags.writeable for array in arrays)


def _is_slice_of_wider(array: Array) -> bool:
    """Whether rows of an array lie further apart than they are long, as in `wide[:, :k]`."""
    return array.strides[1] == array.itemsize and array.strides[0] > array.shape[1] * array.itemsize


def test_slices_of_wider_arrays_are_common() -> None:
    """The commonest layout of all, for every matrix, and also where it has one column.

    A check sees 60 cases, so what one in ten has is missed in one check of some 500.
    """
    drawn = _drawn(sizes=sizes("narrow", zeros=False), layouts=layouts())
    for name in ("x", "w", "dout"):
        arrays = [getattr(case.primal, name) for case in drawn if len(case.primal.x) > 1]
        padded = [array for array in arrays if len(array) > 1 and _is_slice_of_wider(array)]
        assert len(padded) > 0.18 * len(drawn), name
        assert sum(array.shape[1] == 1 for array in padded) > 0.05 * len(drawn), name


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_keeps_shape_and_dtype(name: str) -> None:
    """And, but for the broadcast one, every value."""
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    laid_out = LAYOUTS[name](array)
    assert (laid_out.shape, laid_out.dtype) == (array.shape, array.dtype)
    assert np.array_equal(laid_out, array if name != "broadcast" else array[[0, 0]])
    assert not np.may_share_memory(laid_out, array)


def _leaves_room(case: Case) -> bool:
    """Whether twice the largest entry still satisfies K·R² + R < 2^p, and all are integers."""
    arrays = (*case.primal, *case.tangent)
    largest = max(np.abs(array).max(initial=0) for array in arrays)
    limit = exact_limit(max(case.primal.sizes), case.primal.x.dtype)
    return 2 * largest <= limit and all(bool((array == np.rint(array)).all()) for array in arrays)


@given(cases(values=values("integers")))
def test_integers_leave_room_for_exact_sums(case: Case) -> None:
    """Also where a property moves every operand by a step."""
    assert _leaves_room(case)


@pytest.mark.parametrize("kind", LARGE)
def test_large_integers_leave_room_for_exact_sums(kind: str) -> None:
    """For sums of several hundred terms too."""
    assert all(_leaves_room(case) for case in _drawn(50, sizes=sizes(kind)))


@given(cases(values=values("reals")))
def test_reals_are_finite(case: Case) -> None:
    """No value, and no product of two, leaves its format."""
    x, _, _, dout = case.primal
    assert np.isfinite(x[:, :, None] * dout[:, None, :]).all()


def _rows(array: Array) -> tuple[bool, bool, bool]:
    """Whether rows are equal, cancel, or are zero, in an array that is not all zeros."""
    if len(array) < 2 or not array.any():
        return False, False, False
    equal, cancel = (array == array[0]).all(), (array[1] == -array[0]).all() and array[0].any()
    return bool(equal), bool(cancel), bool((~array.any(axis=1)).any())


def test_special_patterns_of_rows_are_common(drawn: list[Case]) -> None:
    """Equal rows, rows that cancel, rows of zeros: what masks and counts of rows stumble over."""
    found = [_rows(case.primal.dout) for case in drawn if min(case.primal.sizes) > 1]
    assert min(np.mean(found, axis=0)) > 0.05


def test_small_cases_have_no_entry_in_common(drawn: list[Case]) -> None:
    """Zero entries and distinct entries both occur: one hides masks, the other transposes."""
    points = [case.primal for case in drawn if min(case.primal.sizes) > 1]
    assert any((point.x == 0).any() for point in points)
    assert any(len(np.unique(point.x)) == point.x.size for point in points)


@given(operands(sizes=st.just((2, 3, 1)), values=values("integers", dtypes=["float32"])))
def test_a_part_may_be_any_other_strategy(point: Operands) -> None:
    """What is not of this module is drawn by itself."""
    assert point.sizes == (2, 3, 1)
    assert {array.dtype.name for array in point} == {"float32"}
