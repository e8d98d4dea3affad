"""How many results each function of a layer returns."""

from typing import Any

from affine.oracle import Violation
from affine.quantities import GRADIENTS

__all__ = ["WrongCount", "expect_count"]

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


def expect_count(function: str, got: Any) -> None:
    """Raise a `WrongCount` unless a function of a layer returned as many results as it should.

    Args:
        function: `pullback`, the name of a variant; any other is one like `vjp`.
        got: A list of results; what the function returned instead, in words.

    Examples:
        >>> expect_count("jvp", "NoneType")
        Traceback (most recent call last):
        ...
        affine.checker.result_counts.WrongCount: jvp returned NoneType, but should return 1: out_dot
    """
    name, should = _RETURNED.get(function, _RETURNED["vjp"])
    if not isinstance(got, list) or len(got) != len(should):
        found = f"{len(got)} results" if isinstance(got, list) else got
        names = f"{len(should)}: {', '.join(should)}"
        raise WrongCount(f"{name} returned {found}, but should return {names}", should[0])
