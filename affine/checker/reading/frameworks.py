"""Torch and jax: which of them code is written for, and what both offer to a layer.

Neither is imported here: `torch.py` and `jax.py` each describe theirs as a `Framework`.
"""

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from affine.checker.reading.signatures import parameters
from affine.checker.reading.target import STORED_TRANSPOSED, Named, loaded
from affine.checker.reading.vocabulary import data
from affine.layer import Array, Layer

__all__ = ["Framework", "Prepare", "framework", "framework_of", "home_of"]

Prepare: TypeAlias = Callable[[int, int], Callable[..., Any]]
"""From the sizes D and M to a function (x, w, b): modules are made afresh each time."""

_FACTS: dict[str, Any] = data("frameworks.toml")
_OWN = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "affine"}
# Sizes that show how weights are stored: all different.
_Shapes: TypeAlias = tuple[tuple[int, ...], ...]
_PLAIN: _Shapes = (4, 3), (3, 2), (2,)
_TRANSPOSED: _Shapes = (4, 3), (2, 3), (2,)
_STACK: _Shapes = (5, 4, 3), (3, 2), (2,), (5, 4, 2)


class Framework:
    """A framework that differentiates functions of its own arrays, as a subclass describes it."""

    name: str  # its table in `frameworks.toml`
    transforms: Any  # where `vjp`, `jvp` and `vmap` are
    compiles_per_shape = False
    context: Callable[[], AbstractContextManager[Any]] = staticmethod(nullcontext)  # of every call
    inward: Callable[[Array], Any]  # from an array of NumPy to its own
    outward: Callable[[Any], Any]  # back; what is not an array of its own is judged as it is
    vjp: Callable[..., Any]  # from a function of its arrays to one that returns (out, pullback)
    compiled: Callable[..., Any]
    is_class: Callable[[Any], bool]  # only torch has classes of its own
    tried: Callable[..., Any]  # a function's result on arrays of NumPy, or something of its shape

    def layer_of(self, named: Named) -> Layer:
        """Return the layer of a function (x, w, b), or of a class or an instance of its own."""
        return self.function(named)

    def of_numpy(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of this framework's arrays, and the pullback it returns, as NumPy's."""

        def call(*arrays: Array) -> Any:
            with self.context():
                result = function(*map(self.inward, arrays))
                return tuple(map(item, result)) if type(result) is tuple else self.outward(result)

        def item(result: Any) -> Any:
            return self.of_numpy(result) if callable(result) else self.outward(result)

        return call

    def probe(self, function: Any, shapes: _Shapes, dtype: str = "f8") -> tuple[int, ...] | None:
        """Return the shape of a function's (first) result, None if it refuses such arrays."""
        try:
            with warnings.catch_warnings():
                # torch warns of parts of itself when it loads them, which is here.
                warnings.simplefilter("ignore")
                result = self.tried(function, *(np.ones(shape, dtype) for shape in shapes))
            return tuple((result[0] if isinstance(result, tuple) else result).shape)
        except Exception:
            return None

    def storage(self, function: Callable[..., Any]) -> str:
        """Return `W` or `Wᵀ`, with which a function gives (N, M); `""` where neither does."""
        for stored, shapes in (("W", _PLAIN), ("Wᵀ", _TRANSPOSED)):
            if self.probe(function, shapes, "f4") == (4, 2):
                return stored
        return ""

    def function(self, named: Named, kind: str = "function", usage: str = "") -> Layer:
        """Return the layer of a function (x, w, b)."""
        transposed, known = self.storage(named.value) == "Wᵀ", parameters(named.value)
        takes = known if known.is_known and known.takes(3) else "(x, w, b)"
        form = f"{self.name} {kind} {named.expression}{takes}{STORED_TRANSPOSED * transposed}"
        function = (lambda x, w, b: named.value(x, w.T, b)) if transposed else named.value
        layer = self.differentiated(lambda d, m: function)
        return replace(layer, name=named.expression, form=form, usage=usage or loaded(named))

    def differentiated(self, prepare: Prepare) -> Layer:
        """Return the layer of functions that the framework differentiates."""

        def vjp(x: Any, w: Any, b: Any) -> Any:
            return self.vjp(prepare(*w.shape))(x, w, b)

        def compiled(x: Any, w: Any, b: Any) -> Any:
            return self.vjp(self.compiled(prepare(*w.shape)))(x, w, b)

        def jvp(x: Any, w: Any, *dots: Any) -> Any:
            return self.transforms.jvp(prepare(*w.shape), (x, w, 0 * dots[2]), dots)[1]

        def vmapped(xs: Any, w: Any, b: Any, douts: Any) -> Any:
            function = prepare(*w.shape)  # a module draws its weights, which `vmap` refuses

            def one(x: Any, dout: Any) -> Any:
                out, pullback = self.transforms.vjp(function, x, w, b)
                return (out, *pullback(dout))

            return self.transforms.vmap(one)(xs, douts)

        variants: dict[str, Callable[..., Any]] = {"compiled": compiled}
        for name, variant, tried, shapes in (
            ("jvp", jvp, jvp, (*_PLAIN[:2], *_PLAIN)),
            ("with_leading_axes", vjp, lambda *call: vjp(*call[:3])[1](call[3]), _STACK),
            ("vmapped", vmapped, vmapped, _STACK),
        ):
            if self.probe(tried, shapes) is not None:
                variants[name] = variant
        facts = _FACTS[self.name]
        return Layer(
            self.name,
            self.of_numpy(vjp),
            {name: self.of_numpy(variant) for name, variant in variants.items()},
            not_applicable={**facts["not_applicable"], **facts["differentiated"]},
            compiles_per_shape=self.compiles_per_shape,
        )

    def through(self, layer: Layer, usage: str) -> Layer:
        """Return a layer whose own passes use the framework's arrays, as one of NumPy's."""
        facts = _FACTS[self.name]
        return replace(
            layer,
            vjp=self.of_numpy(layer.vjp),
            variants={name: self.of_numpy(one) for name, one in layer.variants.items()},
            form=f"{layer.form}, on {self.name} {facts['arrays']}",
            usage=usage,
            not_applicable=facts["not_applicable"],
            compiles_per_shape=self.compiles_per_shape,
        )


@cache
def framework(name: str) -> Framework:
    """Return the framework of this name; only now it is imported."""
    # The process of a target hides this package: the import must not load it once more, as its
    # exceptions would be others, and the target would seem to use the reference.
    path = f"affine.checker.reading.{name}"
    hidden = {own: module for own, module in _OWN.items() if own not in sys.modules}
    sys.modules.update(hidden)
    try:
        found: Framework = import_module(path).FRAMEWORK
    finally:
        for own in (*hidden, path) if hidden else ():
            sys.modules.pop(own, None)
    return found


def framework_of(value: Any) -> str:
    """Return `torch`, `jax`, or `""` for plain Python and NumPy, without importing either."""
    # What the code refers to decides; if that is neither of them nor NumPy, what it imports.
    module = sys.modules.get(home_of(value))
    held = getattr(_unwrapped(value), "__globals__", vars(module) if module else {})
    imported = (one.__name__ for one in list(held.values()) if isinstance(one, ModuleType))
    for homes in ([home_of(value) or type(value).__module__], _referred(value), imported):
        roots = {home.partition(".")[0] for home in homes}
        used = [name for name in _FACTS if name in roots or f"{name}lib" in roots]
        if used or "numpy" in roots:
            return used[0] if used else ""
    return ""


def home_of(value: Any) -> str:
    """Return the name of the module that something is, or was made in."""
    if isinstance(value, ModuleType):
        return value.__name__
    return getattr(value, "__module__", None) or ""


def _referred(value: Any) -> Iterator[str]:
    """Yield the modules of what the names in a function, or in a class's methods, stand for."""
    members = [value.func if isinstance(value, partial) else value]
    if inspect.isclass(value):
        yield from map(home_of, value.__bases__)
        members = [getattr(member, "__func__", member) for member in vars(value).values()]
    for function in map(_unwrapped, members):
        space, codes = getattr(function, "__globals__", {}), [getattr(function, "__code__", None)]
        for code in codes:
            if isinstance(code, CodeType):
                codes += code.co_consts
                yield from (home_of(space[name]) for name in code.co_names if name in space)


def _unwrapped(value: Any) -> Any:
    return inspect.unwrap(value) if callable(value) else value
