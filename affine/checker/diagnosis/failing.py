"""What the failure of a property shows by itself: it fails once more, and for no other reason."""

from dataclasses import replace

import numpy as np

from affine.checker.diagnosis.catalogue import MISTAKES, Explanation
from affine.checker.diagnosis.examination import ProbeSession, attempt
from affine.checker.diagnosis.phrasing import describe_error
from affine.checker.diagnosis.probe import close, distinct_integers, plain_operands
from affine.layer import Case
from affine.oracle import Violation
from affine.properties import Property

# Of other sizes, and of sizes whose results take as much memory as those of small cases.
_BETWEEN = tuple(
    distinct_integers(*sizes) for sizes in ((2, 2, 1), (3, 1, 2), (4, 5, 3), (2, 3, 3))
)


def failing_again(tested: Property, mistake: str, session: ProbeSession) -> Explanation | None:
    """Return the mistake that any other failure of a property is, if it fails on its case."""
    plain, other = (
        plain_operands(seed).map(lambda array: array.astype(session.dtype)) for seed in (0, 1)
    )
    cases = session.case, Case(plain, other)
    for case in filter(None, cases if tested.is_observable_on(session.layer) else ()):
        fresh = attempt(lambda: session.fresh(case.primal))  # noqa: B023
        # An exception here, or what is no floating-point array, has another cause.
        if isinstance(fresh, Exception) or [a.dtype.kind for a in fresh.values()] != ["f"] * 4:
            continue
        with np.errstate(all="warn"):
            error = attempt(lambda: tested(session.layer, case))  # noqa: B023
        if tested.needs and not isinstance(error, Violation | None):
            continue  # that the variant raises by itself is another matter
        got, expected = (getattr(error, name, None) for name in ("got", "expected"))
        if error is not None and not close(got, expected):  # more than rounding
            if tested.group == "memory" and not _fails_each_time(session, tested, mistake, case):
                words = "Equal calls give different results, with other calls between"
                return Explanation("not-deterministic", words)
            words = str(error) if isinstance(error, Violation) else describe_error(error)
            title = MISTAKES[mistake].title
            return Explanation(mistake, f"{title[0].upper()}{title[1:]}: {words}")
    return None


def _fails_each_time(session: ProbeSession, tested: Property, mistake: str, case: Case) -> bool:
    """Whether a property fails whatever was called before, as it does for what is in memory."""
    plain = replace(case, primal=case.primal.map(lambda array: np.array(array, order="C")))
    if mistake == "memory-layout" and attempt(lambda: tested(session.layer, plain)):
        return False
    for between in _BETWEEN:
        attempt(lambda: session.fresh(between))  # noqa: B023
        if attempt(lambda: tested(session.layer, case)) is None:
            return False
    return True
