"""Libraries whose layers are not judged as they are, and what to write in place of them."""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from affine.checker.reading.forms import methods
from affine.checker.reading.homes import home_of, referred, unwrapped
from affine.checker.reading.vocabulary import data

__all__ = ["LIBRARIES", "engine_of", "library_of", "library_used"]

LIBRARIES: list[dict[str, Any]] = data("libraries.toml")["library"]


def library_of(value: Any) -> dict[str, Any] | None:
    """Return the entry of the library that a class, an instance or a function is of."""
    kind = value if inspect.isclass(value) else type(value)
    return _first((home_of(each) for each in (value, *kind.__mro__)), LIBRARIES)


def library_used(value: Any) -> dict[str, Any] | None:
    """Return the entry of the library that it is of, or of the engine whose names it uses."""
    engines = [each for each in LIBRARIES if each.get("is_engine")]
    homes = (home for each in (value, type(value)) for home in referred(each))
    return library_of(value) or _first(homes, engines)


def _first(homes: Iterable[str], libraries: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the entry of the first module that is of one of these libraries."""
    packages = [(each.get("package", each["name"]), each) for each in libraries]
    inside = (one for home in homes for name, one in packages if f"{home}.".startswith(f"{name}."))
    return next(inside, None)


def engine_of(value: Any) -> str:
    """Return the name of a class beside code that keeps a grad and computes it in backward()."""
    kind = value if inspect.isclass(value) or inspect.isfunction(value) else type(value)
    members = [kind, *vars(kind).values()]
    spaces = [getattr(unwrapped(each), "__globals__", {}) for each in members]
    classes = (one for space in spaces for one in list(space.values()) if inspect.isclass(one))
    return next((one.__name__ for one in classes if _is_engine(one)), "")


def _is_engine(kind: type) -> bool:
    """Whether instances are numbers or arrays that know their gradient; no layer has a grad."""
    built = getattr(vars(kind).get("__init__"), "__code__", None)
    has_grad = "grad" in getattr(built, "co_names", ())
    return has_grad and hasattr(kind, "backward") and not methods(kind, "forward")
