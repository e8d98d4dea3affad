"""From a target that a user names to a `Layer`.

A target is `path.py`, `path.py:name`, `package.module` or `package.module:name`.
"""

import ast
import builtins
import inspect
import sys
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from affine.checker.reading.recognise import in_namespace, of_function, of_object, of_pair
from affine.checker.reading.target import Named, TargetError, find
from affine.layer import Layer

__all__ = ["TargetError", "layer_from", "load"]


def load(target: str) -> Layer:
    """Return the layer that a target names.

    Args:
        target: `path.py[:name]` or `package.module[:name]`; the name may be dotted.

    Returns:
        The layer, adapted from whichever form the code has.

    Raises:
        TargetError: It was not found, does not load, or has no known form.

    Examples:
        >>> layer = load("affine")
        >>> layer.form
        'forward(x, w, b) and backward(dout, x, w)'
        >>> print(layer.usage)
        from affine import forward, backward
        <BLANKLINE>
        def vjp(x, w, b):
            return forward(x, w, b), lambda dout: backward(dout, x, w)
    """
    found = find(target)
    layer = _adapted(found.named, found.text, Named("", found.module))
    return replace(layer, name=target, usage=_imported(layer.usage, found.origin, found.module))


def layer_from(found: Any, name: str = "") -> Layer:
    """Return the layer of an object.

    Args:
        found: A module or another namespace, a class, an instance, a function, a pair (forward,
            backward), or a `Layer`, which is returned as it is.
        name: How reports call the layer.

    Raises:
        TargetError: It has no known form.

    Examples:
        >>> import affine
        >>> layer_from(affine, "the reference").variants["jvp"] is affine.jvp
        True
        >>> layer_from((affine.forward, affine.backward)).name
        'backward'
    """
    if isinstance(found, Layer):
        return found
    expression = getattr(found, "__qualname__", "").rpartition(".")[2]
    home = sys.modules.get(getattr(found, "__module__", None) or "")
    is_space = inspect.ismodule(found) or isinstance(found, (SimpleNamespace, dict))
    home = found if inspect.ismodule(found) else home
    space = Named("", home or SimpleNamespace())
    label = name or expression or "the layer"
    layer = _adapted(Named("" if is_space else expression, found), label, space)
    origin = getattr(home, "__name__", "")
    return replace(
        layer, name=name or expression or layer.name, usage=_imported(layer.usage, origin, home)
    )


def _adapted(named: Named, label: str, space: Named) -> Layer:
    """Return the layer of a named object; `space` is where a function's partner may be."""
    try:
        return _recognised(named, label, space)
    except TargetError as error:
        message = str(error)
        raise TargetError(message if label in message else f"{label}: {message}") from error
    except (Exception, SystemExit) as error:
        raise TargetError(
            f"{label} cannot be used: {type(error).__name__}: {error}; "
            "give it one of the forms that the documentation lists"
        ) from error


def _recognised(named: Named, label: str, space: Named) -> Layer:
    value = named.value
    if isinstance(value, Layer):
        return value
    if isinstance(value, dict):
        value = SimpleNamespace(**value)
    if inspect.ismodule(value) or isinstance(value, SimpleNamespace):
        return in_namespace(Named(named.expression, value), label)
    if isinstance(value, Sequence) and len(value) == 2 and all(map(callable, value)):
        return of_pair(*_two(named.expression, value))
    return of_function(named, space) or of_object(named)


def _two(expression: str, functions: Sequence[Any]) -> tuple[Named, Named]:
    """Name the two functions of a pair: by where they stand, or by their own names."""
    names = [f"{expression}[0]", f"{expression}[1]"]
    if not expression:
        own = [getattr(function, "__name__", "") for function in functions]
        usual = ("forward", "backward")
        names = [a if a.isidentifier() else b for a, b in zip(own, usual, strict=True)]
    return Named(names[0], functions[0]), Named(names[1], functions[1])


# ------------------------------------------------------------------ reproductions


def _imported(usage: str, origin: str, module: Any) -> str:
    """Put the import of the user's names before code that uses them."""
    names = _free(usage)
    if not names:
        return usage
    known = origin not in ("", "__main__") and all(hasattr(module, name) for name in names)
    line = f"from {origin} import {', '.join(names)}" if known else (
        f"# {' and '.join(names)}: your own"
    )  # fmt: skip
    return f"{line}\n{usage}" if usage.startswith("import ") else f"{line}\n\n{usage}"


def _free(code: str) -> list[str]:
    """Return the names that code uses and does not bind, in order."""
    nodes = list(ast.walk(ast.parse(code)))
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and _is_stored(node)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    bound |= {
        (alias.asname or alias.name).partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    named = [node for node in nodes if isinstance(node, ast.Name)]
    used = [node.id for node in sorted(named, key=lambda node: (node.lineno, node.col_offset))]
    return [name for name in dict.fromkeys(used) if name not in bound | set(dir(builtins))]


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
