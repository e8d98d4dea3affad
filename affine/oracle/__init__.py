"""The exact answer by another route, how far rounding may move it, and the comparison."""

from affine.oracle.comparison import (
    NoArray,
    Violation,
    expect,
    expect_close,
    expect_count,
    expect_equal,
    expect_within,
)
from affine.oracle.exact import exact, gradients, index_sum, out, pairing
from affine.oracle.rounding import (
    bounds,
    exact_limit,
    loose_bounds,
    precision,
    surely_within,
    unit_roundoff,
)

__all__ = [
    "NoArray",
    "Violation",
    "bounds",
    "exact",
    "exact_limit",
    "expect",
    "expect_close",
    "expect_count",
    "expect_equal",
    "expect_within",
    "gradients",
    "index_sum",
    "loose_bounds",
    "out",
    "pairing",
    "precision",
    "surely_within",
    "unit_roundoff",
]
