"""A layer that is still to be written: its passes return None, or raise NotImplementedError."""

from typing import Any

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import attempt
from affine.checker.diagnosis.phrasing import listed
from affine.checker.exceptions import NotThreeGradients
from affine.layer import Layer, Operands
from affine.oracle import NotAnArray
from affine.quantities import GRADIENTS


def unwritten(layer: Layer, point: Operands) -> Explanation | None:
    """Return which pass is not written yet, None where both are."""
    forward = attempt(lambda: layer.vjp(*point[:3]))
    if _raises_not_implemented(forward):
        fact = "it raises NotImplementedError"
        return _explanation("The forward pass", fact, ("out", *GRADIENTS))
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
    facts = [f"{listed(returned)} {'is' if len(returned) == 1 else 'are'} None"] if returned else []
    who = "it" if missing == GRADIENTS else "the backward pass"
    facts += [f"{who} raises NotImplementedError"] * raises
    return _explanation(subject, listed(facts), missing)


def _explanation(subject: str, fact: str, missing: tuple[str, ...]) -> Explanation:
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
