"""Hypothesis strategies for the affine layer: sizes, values, memory layouts, operands, cases.

Each is a strategy of its own, and the larger ones take the smaller ones, so that a test varies
what it is about:

    @given(operands(sizes=sizes(zeros=False), values=values("integers"), layouts=layouts()))
    def test_my_layer(point): ...

All shrink towards C-ordered float64 zeros of the smallest sizes that they have.
"""

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from hypothesis import strategies as st

from affine.cases import (
    DTYPES,
    LARGE,
    LAYOUT_BYTES,
    LAYOUTS,
    SIZE_BYTES,
    VALUE_BYTES,
    Sizes,
    ValueKind,
    Values,
    build_case,
    read_layouts,
    read_sizes,
)
from affine.layer import Case, Operands

__all__ = ["DTYPES", "LARGE", "LAYOUTS", "cases", "layouts", "operands", "sizes", "values"]

Read: TypeAlias = Callable[[bytes], Any]

# How each part is read, so that a case made of these parts is one draw. Hypothesis makes examples
# out of earlier ones by repeating parts that it takes for alike: with a draw for each part, a
# quarter of the cases had the entries of an earlier one, and took twice the time. With one draw
# none has. `make bench` prints both.
_READ_FROM: WeakKeyDictionary[st.SearchStrategy[Any], tuple[int, Read]] = WeakKeyDictionary()


def _read_from(count: int, read: Read) -> st.SearchStrategy[Any]:
    strategy = st.binary(min_size=count, max_size=count).map(read)
    _READ_FROM[strategy] = count, read
    return strategy


def sizes(kind: str = "usual", *, zeros: bool = True) -> st.SearchStrategy[Sizes]:
    """Return a strategy for sizes (N, D, M).

    Args:
        kind: `usual`: up to 20, half of the time three different ones of at least 2, else small
            ones and ones, equal ones, and zeros. Or one of the kinds in `LARGE`: one side
            from 131 to 600 beside smaller ones, or three sides at block boundaries, up to 129.
        zeros: Whether usual sizes may be zero.

    Examples:
        >>> from hypothesis import find
        >>> find(sizes(), lambda found: True), find(sizes("many features"), lambda found: True)
        ((1, 1, 1), (4, 131, 4))
    """
    return _read_from(SIZE_BYTES, partial(read_sizes, kind=kind, zeros=zeros))


def values(kind: ValueKind = "any", *, dtypes: Sequence[str] = DTYPES) -> st.SearchStrategy[Values]:
    """Return a strategy for the numbers of a case, before it has sizes: one dtype for all.

    Args:
        kind: `integers`, for which every sum of the case is exact, `reals`, or `any`, as in
            `affine.cases.DECODERS`; large sizes take integers.
        dtypes: Which dtypes; large sizes take float32 for float16, if it is one of them.

    Examples:
        >>> from hypothesis import find
        >>> find(values("integers"), lambda found: True).arrays((1, 2, 1))[0].x
        array([[0., 0.]])
    """
    return _read_from(VALUE_BYTES, partial(Values, kind=kind, dtypes=dtypes))


def layouts() -> st.SearchStrategy[tuple[str, ...]]:
    """Return a strategy for how x, w, b and dout lie in memory, as names in `LAYOUTS`.

    Examples:
        >>> from hypothesis import find
        >>> find(layouts(), lambda found: "reversed" in found)
        ('C', 'C', 'C', 'reversed')
    """
    return _read_from(LAYOUT_BYTES, read_layouts)


_USUAL_SIZES, _ANY_VALUES, _C_ORDER = sizes(), values(), _read_from(0, lambda raw: ())


def operands(
    *,
    sizes: st.SearchStrategy[Sizes] = _USUAL_SIZES,
    values: st.SearchStrategy[Values] = _ANY_VALUES,
    layouts: st.SearchStrategy[Sequence[str]] = _C_ORDER,
) -> st.SearchStrategy[Operands]:
    """Return a strategy for x, w, b and dout of one layer.

    Args:
        sizes: From `sizes`, or any other strategy for (N, D, M).
        values: From `values`.
        layouts: From `layouts`; if none is given, all arrays are C-ordered and writable.

    Examples:
        >>> from hypothesis import find
        >>> find(operands(), lambda found: True).dout
        array([[0.]])
    """
    return cases(sizes=sizes, values=values, layouts=layouts).map(lambda case: case.primal)


def cases(
    *,
    sizes: st.SearchStrategy[Sizes] = _USUAL_SIZES,
    values: st.SearchStrategy[Values] = _ANY_VALUES,
    layouts: st.SearchStrategy[Sequence[str]] = _C_ORDER,
) -> st.SearchStrategy[Case]:
    """Return a strategy for the input of a property: operands, a second set, and a selector.

    Args:
        sizes: As for `operands`; both sets have them.
        values: As for `operands`.
        layouts: Of the first set.

    Examples:
        >>> from hypothesis import find
        >>> case = find(cases(sizes=st.just((1, 2, 1))), lambda case: case.tangent.x.all())
        >>> case.primal.x, case.tangent.x
        (array([[0., 0.]]), array([[1., 1.]]))
    """
    parts = sizes, values, layouts
    if not all(part in _READ_FROM for part in parts):
        return st.builds(build_case, *parts)
    known = [_READ_FROM[part] for part in parts]

    def read(raw: bytes) -> Case:
        stream = BytesIO(raw)
        return build_case(*(read_part(stream.read(count)) for count, read_part in known))

    return _read_from(sum(count for count, _ in known), read)
