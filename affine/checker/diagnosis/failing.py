"""What failures show by themselves: a property's, an exception's, a pass that is not written."""

import re
from typing import Any

import numpy as np

from affine.checker.diagnosis.catalogue import MISTAKES, Explanation
from affine.checker.diagnosis.conditions import in_common
from affine.checker.diagnosis.examination import CallResult, ProbeSession, attempt
from affine.checker.diagnosis.phrasing import describe_error, error_message, listed, with_verb
from affine.checker.diagnosis.probe import close, plain_operands
from affine.checker.exceptions import NotThreeGradients
from affine.layer import Case, Layer
from affine.oracle import NotAnArray, Violation
from affine.properties import Property
from affine.quantities import GRADIENTS

# ------------------------------------------------------------------ of a property


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
            words = str(error) if isinstance(error, Violation) else describe_error(error)
            title = MISTAKES[mistake].title
            return Explanation(mistake, f"{title[0].upper()}{title[1:]}: {words}")
    return None


def fails_by_a_result(tested: Property | None, session: ProbeSession) -> bool:
    """Whether what a property finds on its case is an array that came back, and no exception."""
    case = session.case
    if tested is None or case is None:
        return False
    error = attempt(lambda: tested(session.layer, case))
    return isinstance(error, Violation) and isinstance(error.got, np.ndarray)


# ------------------------------------------------------------------ of a pass


def unwritten(layer: Layer) -> Explanation | None:
    """Return which pass still returns None or raises NotImplementedError, None where none does."""
    point = plain_operands()
    forward = attempt(lambda: layer.vjp(*point[:3]))
    if _raises_not_implemented(forward):
        fact = "it raises NotImplementedError"
        return _unwritten("The forward pass", fact, ("out", *GRADIENTS))
    if isinstance(forward, Exception):
        return None
    out, pullback = forward
    gradients = attempt(lambda: pullback(point.dout))
    raises = _raises_not_implemented(gradients)
    missing = ("out",) * _is_none(out) + GRADIENTS * (raises or _are_none(gradients))
    if not missing:
        return None
    passes = "forward" if missing == ("out",) else "backward"
    subject = "The layer" if missing == ("out", *GRADIENTS) else f"The {passes} pass"
    returned = [name for name in missing if name == "out" or not raises]
    facts = [with_verb(returned, "is", "are") + " None"] if returned else []
    who = "it" if missing == GRADIENTS else "the backward pass"
    facts += [f"{who} raises NotImplementedError"] * raises
    return _unwritten(subject, listed(facts), missing)


def _unwritten(subject: str, fact: str, missing: tuple[str, ...]) -> Explanation:
    return Explanation("not-written-yet", f"{subject} is not written yet: {fact}", missing)


def _raises_not_implemented(result: Any) -> bool:
    # What is raised in another process has only the name of its class here.
    kind = getattr(result, "kind", type(result).__name__)
    return isinstance(result, Exception) and kind == NotImplementedError.__name__


def _is_none(result: Any) -> bool:
    return result is None or (isinstance(result, NotAnArray) and result.what == "NoneType")


def _are_none(gradients: Any) -> bool:
    """Whether all three are None, or None is all that the backward pass returned."""
    if isinstance(gradients, NotThreeGradients):
        return " returned None, " in str(gradients)
    return not isinstance(gradients, Exception) and all(map(_is_none, gradients))


def raised(session: ProbeSession) -> Explanation | None:
    """Return which exception ends calls on the probes, and where; None where all come back."""
    failed = [call for call in session.standard if GRADIENTS[-1] not in call.results]
    if not failed:
        return None
    # Another exception, or one in the other pass, may have another reason.
    first = failed[0]
    alike = [call for call in failed if _end(call) == _end(first)]
    fine = [call for call in session.standard if call not in failed]
    if "out" not in first.results:
        fine = [call for call in session.standard if "out" in call.results]
    where = in_common([call.probe for call in alike], [call.probe for call in fine])
    when = f", where {where.words}" if where else "" if fine else ", at every size that was tried"
    error = first.error
    assert error is not None
    if dropped := _of_refused_shape(error):
        return Explanation("axis-dropped", f"{dropped}{when}")
    if isinstance(error, NotThreeGradients):
        return Explanation("wrong-number-of-results", f"{error_message(error)}{when}")
    part = "backward pass" if "out" in first.results else "forward pass"
    who = "layer" if session.in_one_call else part
    return Explanation("raises", f"The {who} raises {describe_error(error)}{when}")


def _end(call: CallResult) -> tuple[bool, str, str]:
    """Return how a call ended: whether out had come back, and with which exception, and where."""
    error = call.error
    kind = str(getattr(error, "kind", type(error).__name__))
    return "out" in call.results, kind, str(getattr(error, "place", ""))


def _of_refused_shape(error: Exception) -> str:
    """Say which shape torch refused as that of a gradient, if it lacks axes of length one."""
    message = r"invalid gradient at index \d+ - got \[(.*?)\] but expected .*?\[(.*?)\]"
    if not (found := re.search(message, error_message(error))):
        return ""
    got, right = ([side for side in sides.split(", ") if side] for sides in found.groups())
    if got == right or got != [side for side in right if side != "1"]:
        return ""
    shapes = [f"({', '.join(each)}{',' if len(each) == 1 else ''})" for each in (got, right)]
    return f"A gradient of shape {shapes[1]} comes back with shape {shapes[0]}"
