"""Hypothesis strategies: cases, of sizes, numbers and memory layouts."""

from hypothesis import strategies as st

from affine.cases import BYTES, DECODERS, DTYPES, LARGE, LAYOUTS, Sizes, Values, class_of, read_case
from affine.layer import Case

__all__ = ["DECODERS", "DTYPES", "LARGE", "LAYOUTS", "cases", "class_of"]

_RAW = st.binary(min_size=BYTES, max_size=BYTES)


def cases(
    *,
    values: Values = "any",
    min_side: int = 0,
    layouts: bool = False,
    sizes: Sizes = "usual",
) -> st.SearchStrategy[Case]:
    """Return a strategy for cases: sizes, one dtype, values and a choice.

    Args:
        values: Which values, as in `DECODERS`; large sizes take integers.
        min_side: The smallest of the usual sizes; 1 leaves the zeros out.
        layouts: Whether the four arrays of the point lie in memory in different ways. If not,
            all are C-ordered and writable.
        sizes: `usual`: up to 20, half of the time three different ones of at least 2, else small
            ones and ones, equal ones, and zeros. Or one of the kinds in `LARGE`: one side
            from 131 to 600 beside smaller ones, or three sides at block boundaries, up to 129.

    Returns:
        Cases; they shrink towards C-ordered float64 zeros of sizes (1, 1, 1).

    Examples:
        >>> from hypothesis import find
        >>> case = find(cases(values="integers"), lambda case: True)
        >>> case.primal.sizes, case.primal.dout
        ((1, 1, 1), array([[0.]]))
        >>> find(cases(sizes="many features"), lambda case: True).primal.sizes
        (4, 131, 4)
    """
    return _RAW.map(
        lambda raw: read_case(raw, values=values, min_side=min_side, layouts=layouts, sizes=sizes)
    )
