"""What can be read from the source of a function or a class, without calling it.

The code of reproductions rests on this, and what a check leaves alone; what it judges is what
calls return.
"""

import ast
import inspect
from collections.abc import Iterator, Mapping
from textwrap import dedent
from typing import Any, TypeGuard

from affine.checker.reading.signatures import gradient_role, role

__all__ = ["Source"]

_CONTAINERS = ("grads", "gradients", "grad")


class Source:
    """The source of a function or a class; empty where it is not known.

    Examples:
        >>> Source(len).returns_something()
        True
    """

    def __init__(self, code: Any) -> None:
        try:
            tree = ast.parse(dedent(inspect.getsource(inspect.unwrap(code))))
        except (OSError, TypeError, SyntaxError, ValueError):
            tree = ast.parse("")
        self.nodes = list(ast.walk(tree))
        self.globals = getattr(inspect.unwrap(code), "__globals__", {})

    def returns_something(self) -> bool:
        """Whether it returns a value; True where the source is not known."""
        known = any(isinstance(node, ast.FunctionDef) for node in self.nodes)
        return not known or self._last() is not None

    def returned_count(self) -> int:
        """How many values it returns last; 0 where it returns one, or that is not known."""
        last = self._last()
        return len(last.elts) if isinstance(last, ast.Tuple) else 0

    def returned_entries(self) -> Mapping[str, str]:
        """How dx, dw and db are got from what it returns by name, such as `["dW"]` for `w`.

        Empty where it does not return them by name.
        """
        last, entries = self._last(), {}
        if (
            isinstance(last, ast.Tuple)
            and len(last.elts) == 2
            and isinstance(last.elts[1], ast.Dict)
        ):
            keys = {key: f"[1][{key!r}]" for key in _texts(last.elts[1].keys)}
            return _by_role({"dx": "[0]"} | {f"d{_bare(key)}": keys[key] for key in keys})
        if isinstance(last, ast.Dict):
            entries = {key: f"[{key!r}]" for key in _texts(last.keys)}
        elif isinstance(last, ast.Call) and not self._unpacks(last.func):
            is_dict = isinstance(last.func, ast.Name) and last.func.id == "dict"
            names = [keyword.arg for keyword in last.keywords if keyword.arg]
            entries = {name: f"[{name!r}]" if is_dict else f".{name}" for name in names}
        return _by_role(entries)

    def _unpacks(self, called: ast.expr) -> bool:
        """Whether what is called makes a named tuple in the order dx, dw, db."""
        name = called.id if isinstance(called, ast.Name) else ""
        fields = getattr(self.globals.get(name), "_fields", ())
        return [gradient_role(field) for field in fields] == ["x", "w", "b"]

    def kept_gradients(self) -> Mapping[str, str]:
        """How the gradients are got from an instance of the class, such as `.dW` for `w`."""
        attributes = [node.attr for node in self.nodes if isinstance(node, ast.Attribute)]
        container = next((name for name in attributes if name in _CONTAINERS), "")
        plain = {name: f".{name}" for name in attributes if gradient_role(name)}
        if not container:
            return _by_role(plain, some=True)
        keys = dict.fromkeys(self._keys(container))
        named = _by_role({key: f".{container}[{key!r}]" for key in keys}, some=True)
        numbered = {"w": f".{container}[0]", "b": f".{container}[1]"}
        return _by_role(plain, some=True) | (named or numbered)

    def attributes(self) -> list[str]:
        """Return the names of all attributes that it uses."""
        return [node.attr for node in self.nodes if isinstance(node, ast.Attribute)]

    def changes_with(self, own: set[str]) -> bool:
        """Whether it changes one of these attributes and, with it, something else.

        Gradients do not count: they are set to zero after many an update.

        Examples:
            >>> class Affine:
            ...     def update(self):
            ...         self.w -= self.dw
            >>> Source(Affine.update).changes_with({"w"})
            False
        """
        changed = {name for node in self.nodes for name in _changed(node)}
        calls = (node.func for node in self.nodes if isinstance(node, ast.Call))
        own_calls = any(_is_own(function) for function in calls)
        others = {name for name in changed - own if not gradient_role(name)}
        return bool(changed & own) and (bool(others) or own_calls)

    def _last(self) -> ast.expr | None:
        """Return the last value returned; for a name, what was assigned to it."""
        values = [node.value for node in self.nodes if isinstance(node, ast.Return)]
        last = values[-1] if values else None
        if not isinstance(last, ast.Name):
            return last
        assigned = {
            node.targets[0].id: node.value
            for node in self.nodes
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        return assigned.get(last.id, last)

    def _keys(self, container: str) -> Iterator[str]:
        """Yield the texts under which something is put into, or taken from, an attribute."""
        for node in self.nodes:
            if isinstance(node, ast.Subscript) and _is_attribute(node.value, container):
                yield from _texts([node.slice])
            elif isinstance(node, ast.Assign) and _is_attribute(node.targets[0], container):
                yield from _texts(node.value.keys if isinstance(node.value, ast.Dict) else [])


def _changed(node: ast.AST) -> Iterator[str]:
    """Yield the attributes of `self` that a statement assigns to, or to entries of."""
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        for one in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            place = one.value if isinstance(one, ast.Subscript) else one
            if _is_own(place):
                yield place.attr


def _is_own(node: ast.expr) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)


def _is_attribute(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def _bare(key: str) -> str:
    return gradient_role(key) or role(key) or key


def _texts(nodes: list[ast.expr | None] | list[ast.expr]) -> list[str]:
    constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return [constant for constant in constants if isinstance(constant, str)]


def _by_role(entries: Mapping[str, str], some: bool = False) -> dict[str, str]:
    """Return the entries by what their names stand for: gradients, or else the arguments."""
    for which in (gradient_role, role):
        found = {which(name): entry for name, entry in entries.items()}
        found = {name: found[name] for name in ("x", "w", "b") if name in found}
        if len(found) == 3 or (some and {"w", "b"} <= found.keys()):
            return found
    return {}
