"""What each function of a layer returns, and how many results that are."""

from typing import Any

from affine.oracle import Violation
from affine.quantities import GRADIENTS

__all__ = ["WrongCount", "named"]

_RETURNED = {
    "vjp": ("forward", ("out",)),
    "pullback": ("backward", GRADIENTS),
    "jvp": ("jvp", ("out_dot",)),
    "per_sample_gradients": ("per_sample_gradients", GRADIENTS),
    "vmapped": ("the vectorised layer", ("outs", "dxs", "dws", "dbs")),
    "with_frozen_operands": ("the layer with frozen operands", ("out", *GRADIENTS)),
}


class WrongCount(Violation):
    """A function returned another number of results than it should."""


def named(function: str, got: Any) -> dict[str, Any]:
    """Return the results of a function of a layer by name, if they are as many as they should be.

    Args:
        function: `pullback`, the name of a variant; any other is one like `vjp`.
        got: A list of results; what the function returned instead, in words.

    Raises:
        WrongCount: They are not as many.

    Examples:
        >>> named("jvp", "NoneType")
        Traceback (most recent call last):
        ...
        affine.checker.result_counts.WrongCount: jvp returned NoneType, but should return 1: out_dot
    """
    name, should = _RETURNED.get(function, _RETURNED["vjp"])
    if not isinstance(got, list) or len(got) != len(should):
        found = f"{len(got)} results" if isinstance(got, list) else got
        names = f"{len(should)}: {', '.join(should)}"
        raise WrongCount(f"{name} returned {found}, but should return {names}", should[0])
    return dict(zip(should, got, strict=True))
