"""The exact answer by another route, how far rounding may move it, and the comparison."""

from affine.oracle.comparison import (
    Violation,
    expect,
    expect_close,
    expect_equal,
    expect_within,
)
from affine.oracle.exact import exact, gradients, index_sum, out, pairing
from affine.oracle.rounding import (
    bounds,
    exact_limit,
    loose_bounds,
    precision,
    unit_roundoff,
)

__all__ = [
    "Violation",
    "bounds",
    "exact",
    "exact_limit",
    "expect",
    "expect_close",
    "expect_equal",
    "expect_within",
    "gradients",
    "index_sum",
    "loose_bounds",
    "out",
    "pairing",
    "precision",
    "unit_roundoff",
]
