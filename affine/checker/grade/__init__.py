"""Grading: many submissions, each judged in a process of its own; results, and a page for each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from affine.checker.report import Report

__all__ = ["score"]


def score(report: "Report", points: Mapping[str, float] | None = None) -> float:
    """Return the points that a layer earns, such as those for a cell of a notebook.

    Args:
        report: What `affine.checker.check` returned.
        points: How much each part counts: `out`, `dx`, `dw`, `db`, or a property. A quarter for
            each of the four if it is not given.

    Raises:
        ValueError: There is no verdict, which says nothing about the layer.

    Examples:
        >>> from affine.checker import Report, Outcome
        >>> right = Report("mine", outcomes=(Outcome("dw_is_xt_dout", "held", cases=1),))
        >>> score(right), score(right, {"dx": 2, "dw": 3})
        (1.0, 5.0)
    """
    from affine.checker.grade.points import DEFAULT, Points
    from affine.checker.report.record import record

    earned = Points(DEFAULT if points is None else points).earned(record(report))
    if earned is None:
        raise ValueError(f"there is no verdict: {report.error_message}")
    return float(sum(earned.values()))
