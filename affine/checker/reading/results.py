"""What a forward or backward pass returned, as (out, cache) and (dx, dw, db).

Containers are opened; the arrays in them are handed on as they are.
"""

from collections.abc import Mapping
from typing import Any

from affine.checker.exceptions import NotThreeGradients
from affine.checker.reading.signatures import gradient_role, role

__all__ = ["described", "out_and_cache", "triple"]


def out_and_cache(result: Any) -> tuple[Any, Any]:
    """Return a forward pass's out and its cache, None where there is no cache.

    Examples:
        >>> out_and_cache(([[1.0]], "cache"))
        ([[1.0]], 'cache')
    """
    if isinstance(result, tuple) and len(result) == 2:
        return result[0], result[1]
    return result, None


def triple(result: Any, source: str = "backward") -> tuple[Any, Any, Any]:
    """Return a backward pass's dx, dw and db.

    Raises:
        NotThreeGradients: It returned something else.

    Examples:
        >>> triple({"dW": 2, "db": 3, "dX": 1})
        (1, 2, 3)
        >>> triple((1, {"W": 2, "b": 3}))
        (1, 2, 3)
    """
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Mapping):
        result = {"dx": result[0], **_named_gradients(result[1])}
    named = _by_role(result)
    if named is not None:
        return named
    if isinstance(result, (tuple, list)) and len(result) == 3:
        return result[0], result[1], result[2]
    expected = "but should return dx, dw and db"
    raise NotThreeGradients(f"{source} returned {described(result)}, {expected}")


def _named_gradients(entries: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what stands beside dx, under the names of gradients: it may be kept as W and b."""
    names = {key: gradient_role(str(key)) or role(str(key)) for key in entries}
    return {f"d{names[key]}": value for key, value in entries.items() if names[key]}


def _by_role(result: Any) -> tuple[Any, Any, Any] | None:
    """Return the three by the names of keys or fields, None where there are none."""
    if isinstance(result, Mapping):
        entries = {str(key): value for key, value in result.items()}
    elif isinstance(result, tuple) and hasattr(result, "_fields"):
        entries = dict(zip(result._fields, result, strict=True))
    else:
        # Any class with slots or attributes, but no array: those have no dx either.
        entries = dict(getattr(result, "__dict__", {}))
    for which in (gradient_role, role):
        found = {which(name): value for name, value in entries.items()}
        if {"x", "w", "b"} <= found.keys():
            return found["x"], found["w"], found["b"]
    return None


def described(result: Any) -> str:
    """Return in words what a result is.

    Examples:
        >>> described((1, None))
        'a tuple of int, NoneType'
    """
    if isinstance(result, (tuple, list)):
        inside = ", ".join(type(entry).__name__ for entry in result[:5])
        return f"a {type(result).__name__} of {inside or 'nothing'}"
    if isinstance(result, Mapping):
        return f"a {type(result).__name__} with the keys {', '.join(map(str, list(result)[:5]))}"
    return "None" if result is None else f"one {type(result).__name__}"
