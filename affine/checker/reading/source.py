"""What can be read from the source of a function or a class, without calling it.

The code of reproductions rests on this, and what a check leaves alone; what it judges is what
calls return.
"""

import ast
import inspect
from textwrap import dedent
from typing import Any, TypeGuard

from affine.checker.reading.vocabulary import by_role, gradient_role

__all__ = ["Source"]


class Source:
    """The source of a function or a class; empty where it is not known."""

    def __init__(self, code: Any) -> None:
        try:
            tree = ast.parse(dedent(inspect.getsource(inspect.unwrap(code))))
        except (OSError, TypeError, SyntaxError, ValueError):
            tree = ast.parse("")
        self._nodes = list(ast.walk(tree))
        self._globals = getattr(inspect.unwrap(code), "__globals__", {})

    @property
    def is_known(self) -> bool:
        """Whether it is the source of a function that is written with `def`."""
        return any(isinstance(node, ast.FunctionDef) for node in self._nodes)

    @property
    def returned(self) -> ast.expr | None:
        """The last value returned; for a name, what was assigned to it."""
        values = [node.value for node in self._nodes if isinstance(node, ast.Return)]
        last = values[-1] if values else None
        assigned = {
            node.targets[0].id: node.value
            for node in self._nodes
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        return assigned.get(last.id, last) if isinstance(last, ast.Name) else last

    @property
    def returned_count(self) -> int:
        """How many values it returns last; 0 where it returns one, or that is not known."""
        return len(self.returned.elts) if isinstance(self.returned, ast.Tuple) else 0

    @property
    def returned_entries(self) -> dict[str, str]:
        """How dx, dw and db are got from what it returns by name, if so: `["dW"]` for `w`."""
        last = self.returned
        if isinstance(last, ast.Dict):
            keys = [key.value for key in last.keys if isinstance(key, ast.Constant)]
            return by_role({key: f"[{key!r}]" for key in keys if isinstance(key, str)})
        if not isinstance(last, ast.Call):
            return {}
        called = last.func.id if isinstance(last.func, ast.Name) else ""
        fields = getattr(self._globals.get(called), "_fields", ())
        if [gradient_role(field) for field in fields] == ["x", "w", "b"]:
            return {}  # a named tuple that unpacks in this order
        names = [keyword.arg for keyword in last.keywords if keyword.arg]
        entry = "[{!r}]" if called == "dict" else ".{}"
        return by_role({name: entry.format(name) for name in names})

    @property
    def attributes(self) -> list[str]:
        """The names of all attributes that it uses."""
        return [node.attr for node in self._nodes if isinstance(node, ast.Attribute)]

    def changes_with(self, own: set[str]) -> bool:
        """Whether it changes one of these attributes and, with it, something but gradients."""
        stored = [node for node in self._nodes if isinstance(getattr(node, "ctx", 0), ast.Store)]
        places = [node.value if isinstance(node, ast.Subscript) else node for node in stored]
        changed = {place.attr for place in places if _is_own(place)}
        others = {name for name in changed - own if not gradient_role(name)}
        calls = any(isinstance(node, ast.Call) and _is_own(node.func) for node in self._nodes)
        return bool(changed & own) and (bool(others) or calls)


def _is_own(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """Whether it is an attribute of a name, such as `self`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
