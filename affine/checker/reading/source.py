"""What can be read from the source of a function or a class, without calling it.

The code of reproductions rests on this, and what a check leaves alone; what it judges is what
calls return.
"""

import ast
import inspect
from collections.abc import Iterator
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
        """How dx, dw and db are got from what it returns by name, such as `["dW"]` for `w`.

        Empty where it does not return them by name.
        """
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
        """Whether it changes one of these attributes and, with it, something else.

        Gradients do not count: they are set to zero after many an update.
        """
        changed = {name for node in self._nodes for name in _changed(node)}
        calls = (node.func for node in self._nodes if isinstance(node, ast.Call))
        others = {name for name in changed - own if not gradient_role(name)}
        return bool(changed & own) and (bool(others) or any(map(_is_own, calls)))


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
