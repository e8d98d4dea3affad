"""Where code is from: the modules of an object, and of what it refers to."""

import inspect
from collections.abc import Iterator
from functools import partial
from types import CodeType, ModuleType
from typing import Any

__all__ = ["home_of", "referred", "unwrapped"]


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
        space, codes = getattr(function, "__globals__", {}), [getattr(function, "__code__", None)]
        for code in codes:
            if isinstance(code, CodeType):
                codes += code.co_consts
                yield from (home_of(space[name]) for name in code.co_names if name in space)


def unwrapped(value: Any) -> Any:
    """Return a function without its decorators, where they say what they wrap."""
    return inspect.unwrap(value) if callable(value) else value
