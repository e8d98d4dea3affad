"""What comes back from a call: how many results, and what stands for one that is no array."""

from typing import Any, NamedTuple, NoReturn

__all__ = ["LIKE_VJP", "Huge", "NoArray", "checked", "no_array"]

LIKE_VJP = ("vjp", "flattening", "reused", "followed", "updated", "stacked", "compiled")
"""The functions of a layer that return (out, pullback)."""

_GRADIENTS = ("dx", "dw", "db")
_RESULTS = {
    "results": ("forward and backward", ("out", *_GRADIENTS)),
    "pullback": ("backward", _GRADIENTS),
    "jvp": ("jvp", ("out_dot",)),
    "per_sample_gradients": ("per_sample_gradients", _GRADIENTS),
    "vmapped": ("the vectorised layer", ("outs", "dxs", "dws", "dbs")),
}


class NoArray:
    """A result that is no NumPy array: only the name of its class is known here."""

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"a result is {type(self).__name__}, but should be a NumPy array")


class Huge(NamedTuple):
    """A result that is too large to be one."""

    shape: tuple[int, ...]


def no_array(name: str) -> NoArray:
    """Return a stand-in; its class has the name that the class of the result has.

    Examples:
        >>> type(no_array("list")).__name__
        'list'
    """
    stand_in: NoArray = type(name, (NoArray,), {})()
    return stand_in


def checked(do: str, results: Any) -> tuple[Any, ...]:
    """Return the results of a call, which are as many as they should be, and of sane sizes.

    Args:
        do: Which function was called.
        results: A list; the name of a class where the function returned one other thing; a
            list and a pullback.

    Raises:
        Violation: They are not.

    Examples:
        >>> checked("pullback", [1, 2, 3])
        (1, 2, 3)
        >>> checked("jvp", "NoneType")
        Traceback (most recent call last):
        ...
        affine.oracle.comparison.Violation: jvp returned NoneType, but should return 1: out_dot
    """
    # Late: the oracle is the parent's, and the child imports this package too.
    from affine.oracle import Violation

    who, names = _RESULTS.get(do.rpartition(", ")[2], ("forward", ("out",)))
    more: list[Any] = []
    if isinstance(results, tuple):
        results, *more = results
    if not isinstance(results, list) or len(results) != len(names):
        got = f"{len(results)} results" if isinstance(results, list) else results
        should = f"{len(names)}: {', '.join(names)}"
        raise Violation(f"{who} returned {got}, but should return {should}", names[0])
    for name, result in zip(names, results, strict=True):
        if isinstance(result, Huge):
            raise Violation(f"{name} has shape {result.shape}: too large for a result", name)
    return (*results, *more)
