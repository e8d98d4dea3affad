"""What a forward or backward pass returned, as (out, cache) and (dx, dw, db).

Containers are opened; the arrays in them are handed on as they are.
"""

from collections.abc import Mapping
from typing import Any

from affine.checker.exceptions import NotThreeGradients
from affine.checker.reading.vocabulary import by_role

__all__ = ["described", "entries", "out_and_cache", "triple"]


def out_and_cache(result: Any) -> tuple[Any, Any]:
    """Return a forward pass's out and its cache, None where there is no cache."""
    return result if isinstance(result, tuple) and len(result) == 2 else (result, None)


def triple(result: Any, source: str = "backward") -> tuple[Any, Any, Any]:
    """Return a backward pass's dx, dw and db."""
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Mapping):
        beside = by_role(entries(result[1]), needed="wb")
        named = {**beside, "x": result[0]} if beside else {}
    else:
        named = by_role(entries(result))
    if named:
        return named["x"], named["w"], named["b"]
    if isinstance(result, (tuple, list)) and len(result) == 3:
        return result[0], result[1], result[2]
    expected = "but should return dx, dw and db"
    raise NotThreeGradients(f"{source} returned {described(result)}, {expected}")


def entries(result: Any) -> dict[str, Any]:
    """Return what a result holds by name."""
    if isinstance(result, Mapping):
        return {str(key): value for key, value in result.items()}
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return dict(zip(result._fields, result, strict=True))
    # Any class with slots or attributes, but no array: those have no dx either.
    return dict(getattr(result, "__dict__", {}))


def described(result: Any) -> str:
    """Return in words what a result is."""
    if isinstance(result, (tuple, list)):
        inside = ", ".join(type(entry).__name__ for entry in result[:5])
        return f"a {type(result).__name__} of {inside or 'nothing'}"
    if isinstance(result, Mapping):
        return f"a {type(result).__name__} with the keys {', '.join(map(str, list(result)[:5]))}"
    return "None" if result is None else f"one {type(result).__name__}"
