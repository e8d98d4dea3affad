"""Whether code is written for torch or jax, found out without importing either."""

import inspect
import sys
from collections.abc import Iterator
from functools import partial
from types import CodeType, ModuleType
from typing import Any

__all__ = ["framework_of"]

FRAMEWORKS = ("torch", "jax")


def framework_of(value: Any) -> str:
    """Return `torch`, `jax`, or `""` for plain Python and NumPy.

    What the code itself refers to decides; if that is neither NumPy nor a framework, what its
    module imports.

    Examples:
        >>> framework_of(lambda x, w, b: x @ w + b)
        ''
    """
    own = _root(getattr(value, "__module__", None) or type(value).__module__)
    if own in FRAMEWORKS:
        return own
    for names in (_referred(value), _module_globals(value)):
        roots = [_root(_home(one)) for one in names]
        used = [name for name in FRAMEWORKS if name in roots or f"{name}lib" in roots]
        if used:
            return used[0]
        if "numpy" in roots:
            return ""
    return ""


def _root(module: str | None) -> str:
    return (module or "").partition(".")[0]


def _home(value: Any) -> str:
    if isinstance(value, ModuleType):
        return value.__name__
    return getattr(value, "__module__", None) or ""


def _functions(value: Any) -> Iterator[Any]:
    if isinstance(value, partial):
        value = value.func
    if not inspect.isclass(value):
        yield inspect.unwrap(value) if callable(value) else value
        return
    yield from value.__bases__
    for member in vars(value).values():
        yield inspect.unwrap(getattr(member, "__func__", member))


def _referred(value: Any) -> list[Any]:
    """Return what the names in a function, or in the methods of a class, stand for."""
    found = []
    for function in _functions(value):
        if inspect.isclass(function):
            found.append(function)
        code = getattr(function, "__code__", None)
        space = getattr(function, "__globals__", {})
        if isinstance(code, CodeType):
            found += [space[name] for name in _names(code) if name in space]
    return found


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _module_globals(value: Any) -> list[Any]:
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    space = getattr(inspect.unwrap(value) if callable(value) else value, "__globals__", None)
    held = space if space is not None else vars(module) if module else {}
    return [one for one in held.values() if isinstance(one, ModuleType)]
