"""Where a layer keeps its arrays, and where a pass leaves its results."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from affine.checker.reading.vocabulary import begins, flag, gradient_role, plain, role

__all__ = [
    "INSTANCE", "PARAMETERS", "RETURNED", "Place", "arrays_of", "attributes", "describe_result",
    "gradients_on", "gradients_returned", "is_array", "rates_on",
]  # fmt: skip

RETURNED, INSTANCE, PARAMETERS = "returned", "instance", "parameters"
"""The roots of places: what a pass returned, the instance, and what a second pass returned."""

_COMPUTED = (property, cached_property)
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A way to an array from one of the roots: attributes as text, entries as tuples."""

    root: str
    path: tuple[str | tuple[Any, ...], ...] = ()

    def get(self, roots: Mapping[str, Any]) -> Any:
        """Return what is there."""
        value = roots[self.root]
        for step in self.path:
            value = getattr(value, step) if isinstance(step, str) else value[step[0]]
        return value

    def put(self, owner: Any, value: Any) -> None:
        """Put a value there; into the array itself, where it cannot be exchanged."""
        *way, last = self.path
        owner = Place(self.root, tuple(way)).get({self.root: owner})
        if isinstance(Place(self.root, (last,)).get({self.root: owner}), np.matrix):
            value = np.asmatrix(value)  # whose * is a product of matrices
        try:
            if isinstance(last, str):
                setattr(owner, last, value)
            else:
                owner[last[0]] = value
        except (AttributeError, TypeError):
            Place(self.root, (last,)).get({self.root: owner})[...] = value

    def code(self, root: str) -> str:
        """Return the expression for it, such as `layer.params['W']`."""
        steps = (f".{one}" if isinstance(one, str) else f"[{one[0]!r}]" for one in self.path)
        return root + "".join(steps)

    @property
    def names(self) -> list[str]:
        """The attributes and keys on the way."""
        return [str(step if isinstance(step, str) else step[0]) for step in self.path]

    @property
    def role(self) -> str:
        """What its names say that it is: `w`, `b` or `""`."""
        return next((one for one in map(role, self.names) if one in ("w", "b")), "")

    @property
    def gradient(self) -> str:
        """Of what its names say that it is the gradient, `""` where they do not."""
        own = next(filter(None, map(gradient_role, self.names)), "")
        is_beside = any(begins(name, "gradient_container") for name in self.names)
        operands = (one for one in map(_last_role, self.names) if one in ("x", "w", "b"))
        return own or (next(operands, "") if is_beside else "")


def _last_role(name: str) -> str:
    """Return the role of a name, or of its last word, as of "fc1_W" and "fc1.weight"."""
    return role(name) or role(re.split(r"[^a-zA-Z]", name)[-1])


def is_array(value: Any) -> bool:
    """Whether a value is an array of NumPy or of a framework."""
    shape = getattr(value, "shape", None)  # Keras's random states have a shape of None
    return isinstance(shape, tuple) and hasattr(value, "dtype") and not isinstance(value, type)


def attributes(owner: Any) -> dict[str, Any]:
    """Return what an instance holds by name: gradients that are properties, slots, `__dict__`."""
    names: list[str] = []
    for kind in type(owner).__mro__:
        slots = vars(kind).get("__slots__", ())
        names += (slots,) if isinstance(slots, str) else slots
        computed = (name for name, one in vars(kind).items() if isinstance(one, _COMPUTED))
        names += (
            one for one in computed if gradient_role(one) or begins(one, "gradient_container")
        )
    held = {}
    for name in names:
        # Whatever the user's code raises: before the backward pass there may be no gradient.
        with suppress(Exception):
            held[name] = getattr(owner, name)
    held = {name: value for name, value in held.items() if not name.startswith("__")}
    return held | getattr(owner, "__dict__", {})


def _inside(value: Any) -> dict[str | tuple[Any, ...], Any]:
    """Return the entries of a container, or the attributes of an object, by step."""
    if isinstance(value, Mapping):
        return {(key,): one for key, one in value.items()}
    if hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    if isinstance(value, (list, tuple)):
        return {(index,): one for index, one in enumerate(value[:8])}
    if is_array(value):  # a tensor of torch may have its gradient beside it
        gradient = getattr(value, "grad", None)
        return {} if gradient is None else {"grad": gradient}
    if callable(value) or isinstance(value, (str, bytes, int, float)):
        return {}
    return dict(getattr(value, "__dict__", {}))


def _walk(
    root: str, steps: Mapping[Any, Any], before: tuple[Any, ...] = ()
) -> Iterator[tuple[Place, Any]]:
    for step, value in steps.items():
        path = (*before, step)
        yield Place(root, path), value
        if len(path) < _DEEPEST:
            yield from _walk(root, _inside(value), path)


def arrays_of(owner: Any) -> Iterator[tuple[Place, Any]]:
    """Yield the arrays in attributes, containers and parameter objects that are no gradients."""
    for place, value in _walk(INSTANCE, attributes(owner)):
        others = (begins(one, "optimiser_state") for one in place.names)
        if is_array(value) and not place.gradient and not any(others):
            yield place, value


def rates_on(owner: Any, method: str) -> Iterator[Place]:
    """Yield where the learning rate of a method is: held, or in what is held, or a global one."""
    for place, value in _walk(INSTANCE, attributes(owner)):
        if flag(place.names[-1]).is_step and _is_number(value):
            yield place
    function = getattr(owner, method, None)
    known = getattr(function, "__globals__", {})
    for name in getattr(getattr(function, "__code__", None), "co_names", ()):
        if flag(name).is_step and _is_number(known.get(name)):
            yield Place(INSTANCE, (method, "__globals__", (name,)))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def gradients_on(owner: Any) -> dict[str, Place]:
    """Return where an instance keeps gradients, by their names; a place may hold None."""
    named: dict[str, Place] = {}
    others: dict[str, Place] = {}  # where there is nothing yet, and in lists without names
    for place, value in _walk(INSTANCE, attributes(owner)):
        which = place.gradient
        if which and is_array(value):
            named.setdefault(which, place)
        elif is_array(value) and plain(place.names[-1]) in ("grad", "gradient"):
            others.setdefault("w", place)
        elif which and value is None:
            others.setdefault(which, place)
        elif isinstance(value, (list, tuple)) and begins(place.names[-1], "gradient_container"):
            for index, one in enumerate("wb"[: len(value)] if len(value) <= 2 else ""):
                others.setdefault(one, Place(INSTANCE, (*place.path, (index,))))
    return others | named


def gradients_returned(
    result: Any, names: Sequence[str] = (), root: str = RETURNED
) -> dict[str, Place]:
    """Return where gradients are in what a backward pass returned.

    Args:
        result: What it returned.
        names: What the entries of a returned tuple are called in the source of the pass.
        root: How places call the result.
    """
    if result is None:
        return {}
    if is_array(result) or isinstance(result, (int, float)):
        return {"x" if root == RETURNED else "w": Place(root)}
    if [gradient_role(name) for name in getattr(result, "_fields", ())] == ["x", "w", "b"]:
        return {which: Place(root, ((k,),)) for k, which in enumerate("xwb")}
    inside = _inside(result)
    if not all(isinstance(step, tuple) and isinstance(step[0], int) for step in inside):
        return _by_name(root, result)
    entries = list(inside.values())
    if root == PARAMETERS:
        return {which: Place(root, ((k,),)) for k, which in enumerate("wb"[: len(entries)])}
    both = [k for k, one in enumerate(entries) if not (one is None or is_array(one))]
    if len(entries) == 2 and len(both) == 1:
        (at,) = both
        beside = _by_name(root, entries[at], ((at,),)) or {
            which: Place(root, ((at,), (k,)))
            for k, which in enumerate("wb"[: len(_inside(entries[at]))])
            if isinstance(entries[at], (list, tuple))
        }
        return {"x": Place(root, ((1 - at,),)), **beside}
    roles = [gradient_role(name) for name in names]
    order = roles if set("xwb"[: len(entries)]) <= set(roles) else ["x", "w", "b"]
    return {which: Place(root, ((k,),)) for k, which in enumerate(order[: len(entries)]) if which}


def _by_name(root: str, result: Any, before: tuple[Any, ...] = ()) -> dict[str, Place]:
    """Return the entries named like gradients, or else like arguments."""
    places = [place for place, _ in _walk(root, _inside(result), before)]
    for which in (lambda place: place.gradient, lambda place: _last_role(place.names[-1])):
        found = {which(place): place for place in reversed(places) if which(place)}
        if {"w", "b"} & found.keys():
            return {name: found[name] for name in "xwb" if name in found}
    return {}


def describe_result(result: Any) -> str:
    """Return in words what a result is."""
    if isinstance(result, (tuple, list)):
        inside = ", ".join(type(entry).__name__ for entry in result[:5])
        return f"a {type(result).__name__} of {inside or 'nothing'}"
    if isinstance(result, Mapping):
        return f"a {type(result).__name__} with the keys {', '.join(map(str, list(result)[:5]))}"
    return "None" if result is None else f"one {type(result).__name__}"
