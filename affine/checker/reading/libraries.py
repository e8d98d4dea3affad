"""Where code is from; and the libraries whose layers are not judged, with what to write instead."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from types import CodeType, ModuleType
from typing import Any

from affine.checker.reading.forms import methods
from affine.checker.reading.vocabulary import data

__all__ = [
    "LIBRARIES", "engine_of", "home_of", "library_of", "library_used", "referred", "unwrapped",
]  # fmt: skip

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
    for one in classes:
        built = getattr(vars(one).get("__init__"), "__code__", None)
        has_grad = "grad" in getattr(built, "co_names", ())  # no layer has one
        if has_grad and hasattr(one, "backward") and not methods(one, "forward"):
            return str(one.__name__)
    return ""


# ------------------------------------------------------------------ the modules of an object


def home_of(value: Any) -> str:
    """Return the name of the module that something is, or was made in."""
    if isinstance(value, ModuleType):
        return value.__name__
    return getattr(value, "__module__", None) or ""


def referred(value: Any) -> Iterator[str]:
    """Yield the modules of what the names in a function, or in a class's methods, stand for."""
    members = [value.func if isinstance(value, partial) else value]
    if inspect.isclass(value):
        yield from map(home_of, value.__bases__)
        members = [getattr(member, "__func__", member) for member in vars(value).values()]
    for function in map(unwrapped, members):
        for cell in getattr(function, "__closure__", None) or ():
            with suppress(ValueError):  # a cell may be empty
                yield home_of(cell.cell_contents)
        space, codes = getattr(function, "__globals__", {}), [getattr(function, "__code__", None)]
        for code in codes:
            if isinstance(code, CodeType):
                codes += code.co_consts
                yield from (home_of(space[name]) for name in code.co_names if name in space)


def unwrapped(value: Any) -> Any:
    """Return a function without its decorators, where they say what they wrap."""
    return inspect.unwrap(value) if callable(value) else value
