"""Instances of a layer class: how they are made, called, and asked for their gradients."""

import copy
import inspect
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from affine.checker.reading.parameter_paths import Parts, attributes, is_array, properties
from affine.checker.reading.results import described, out_and_cache, triple
from affine.checker.reading.signatures import gradient_role, role
from affine.checker.reading.target import Named, TargetError
from affine.layer import Array, Pullback

__all__ = ["OUTPUTS", "ClassSpec", "passes", "undisturbed", "vjp_of"]

OUTPUTS = ("output", "out", "outputs", "y", "z")


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """How instances of a class are made and called.

    Attributes:
        named: The class, or an instance that is copied.
        forward: Name of the method.
        backward: Name of the method.
        takes: What the forward method takes, in order.
        back: What the backward method takes, in order.
        given: What the class takes, in order; empty where it takes nothing.
        parts: Where weights and bias are put afterwards, if they are.
        bias_row: Whether instances keep the bias as one row, (1, M), and so its gradient.
    """

    named: Named
    forward: str
    backward: str
    takes: Sequence[str]
    back: Sequence[str]
    given: Sequence[str]
    parts: Parts | None = None
    bias_row: bool = False

    def make(self, w: Array, b: Array) -> Any:
        """Return a fresh instance with these weights and this bias."""
        sizes = {"d": w.shape[0], "m": w.shape[1], "w": w, "b": b}
        if not inspect.isclass(self.named.value):
            layer = copy.deepcopy(self.named.value)
        elif self.parts is None:
            return self.named.value(*(sizes[name] for name in self.given))
        else:
            with undisturbed():
                layer = self.named.value(*(sizes[name] for name in self.given))
        if self.parts is not None:
            self.parts.put(layer, w, b)
        return layer


@contextmanager
def undisturbed() -> Iterator[None]:
    """Leave the random states as they are: initial weights are drawn and never used."""
    ours, theirs = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002 (the global state)
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002


def vjp_of(built: ClassSpec) -> Callable[..., tuple[Array, Pullback]]:
    """Return the layer's vjp: a fresh instance for every forward pass."""
    return lambda x, w, b: passes(built, built.make(w, b), x, w, b)


def passes(built: ClassSpec, layer: Any, x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
    """Run the forward pass of an instance; return out and the backward pass."""
    known: dict[str, Any] = {"x": x, "w": w, "b": b}
    kept = _held(layer, OUTPUTS)
    result = getattr(layer, built.forward)(*(known[name] for name in built.takes))
    out, known["cache"] = out_and_cache(result)
    if out is None:
        out = _read(_held(layer, OUTPUTS), kept, known.values())

    def pullback(dout: Array) -> tuple[Array, Array, Array]:
        given, before = known | {"dout": dout}, gradients_on(layer)
        result = getattr(layer, built.backward)(*(given[name] for name in built.back))
        if not _is_on_layer(result):
            return _in_shape(built, triple(result))
        held = {
            which: _read(value, before.get(which), given.values())
            for which, value in gradients_on(layer).items()
        }
        return _in_shape(built, _gradients(layer, result, held))

    return out, pullback


def _held(layer: Any, names: Sequence[str]) -> Any:
    held = attributes(layer)
    return next((held[name] for name in names if held.get(name) is not None), None)


def _in_shape(built: ClassSpec, gradients: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """Turn gradients from the shapes in which the layer keeps its parameters."""
    dx, dw, db = gradients
    if built.parts is not None and built.parts.transposed and is_array(dw):
        dw = dw.T
    if built.bias_row and is_array(db) and len(db.shape) == 2 and db.shape[0] == 1:
        db = db.reshape(-1)
    return dx, dw, db


def _read(value: Any, before: Any, given: Iterable[Any]) -> Any:
    """Return what an attribute holds, copied if it may be a buffer that the next pass overwrites.

    A view, and an argument that was kept, are handed on as they are.
    """
    owns_memory = getattr(value, "base", None) is None
    is_buffer = value is before or (owns_memory and not any(value is one for one in given))
    return copy.copy(value) if is_buffer else value


def _is_on_layer(result: Any) -> bool:
    """Whether the gradients are on the layer, as backward returned dx alone or nothing."""
    return result is None or is_array(result) or isinstance(result, (int, float))


def _gradients(layer: Any, result: Any, held: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return dx, dw and db: what backward returned, and what it left on the layer."""
    dx = held.get("x") if result is None else result
    missing = [name for name in ("w", "b") if name not in held]
    if missing == ["w", "b"] or any(name not in _left_empty(layer) for name in missing):
        raise TargetError(
            f"after backward returned {described(result)} the layer has no gradient of "
            f"{' and '.join(missing)} among {_listed(layer)}; keep them as dW and db"
        )
    return dx, held.get("w"), held.get("b")


def _left_empty(layer: Any) -> set[str]:
    """Return whose gradients have a place that holds None: the backward pass forgot them."""
    return {gradient_role(name) for name, value in attributes(layer).items() if value is None}


def _listed(layer: Any) -> str:
    """Return the names of the attributes; which are None, and which all instances share."""
    shared = [name for name in vars(type(layer)) if is_array(vars(type(layer))[name])]
    names = [
        *(f"{name} (None)" if value is None else name for name, value in attributes(layer).items()),
        *(f"{name} (of the class, shared by all instances)" for name in shared),
    ]
    return ", ".join(names) or "no attributes"


def gradients_on(layer: Any) -> dict[str, Any]:
    """Return the gradients among the attributes: plain, in a container, or beside a parameter."""
    found: dict[str, Any] = {}
    for name, value in (properties(layer, gradient_role) | attributes(layer)).items():
        if value is None:
            continue
        which = gradient_role(name)
        if which:
            found.setdefault(which, value)
        elif name.strip("_").lower().startswith("grad"):
            found |= _in_container(value) | found
        elif role(name) in ("w", "b") and not is_array(value) and hasattr(value, "grad"):
            found.setdefault(role(name), value.grad)
    return found


def _in_container(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {gradient_role(str(key)) or role(str(key)): one for key, one in value.items()}
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return {"w": value[0], "b": value[1]}
    return {}
