"""Torch and jax: which of them code is written for, and what both offer to a layer.

Neither is imported here: `torch.py` and `jax.py` each describe theirs as a `Framework`.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from importlib import import_module
from math import prod
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from affine.checker.reading.choice import best_forward, reads_names_alone
from affine.checker.reading.evidence import Evidence
from affine.checker.reading.layout import LAYOUTS
from affine.checker.reading.libraries import home_of, referred, unwrapped
from affine.checker.reading.other_layers import is_another_layer, is_elementwise
from affine.checker.reading.probes import PROBE, Arrays, silently
from affine.checker.reading.reading import Pass, Reading
from affine.checker.reading.refusals import function_not_read
from affine.checker.reading.signatures import Parameters, parameters, proposals
from affine.checker.reading.target import Named, loaded
from affine.checker.reading.vocabulary import data
from affine.layer import Array, Layer

__all__ = ["Framework", "Prepare", "framework", "framework_of"]

Prepare: TypeAlias = Callable[[int, int], Callable[..., Any]]
"""From the sizes D and M to a function (x, w, b): modules are made afresh each time."""

_FACTS: dict[str, Any] = data("frameworks.toml")
_OWN = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "affine"}
_Shapes: TypeAlias = tuple[tuple[int, ...], ...]
_TANGENTS: _Shapes = (4, 3), (3, 2), (4, 3), (3, 2), (2,)
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
        return self.function(named, parameters(named.value), "function", [named])

    def of_numpy(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of this framework's arrays, and the pullback it returns, as NumPy's."""

        def call(*arrays: Array) -> Any:
            with self.context():
                result = function(*map(self.inward, arrays))
                return tuple(map(item, result)) if type(result) is tuple else self.outward(result)

        def item(result: Any) -> Any:
            return self.of_numpy(result) if callable(result) else self.outward(result)

        return call

    def arrays(self, dtype: str = "float64") -> Arrays:
        """Return the way between arrays of NumPy and its own."""
        return Arrays(self.inward, self.outward, dtype, self.context)

    def probe(self, function: Any, shapes: _Shapes, dtype: str = "f8") -> bool:
        """Return whether a function takes arrays of such shapes."""
        # Silently: torch warns of parts of itself when it loads them, which is here.
        arrays = [np.ones(shape, dtype) for shape in shapes]
        return not silently(lambda: self.tried(function, *arrays))[1]

    def takes_a_stack(self, vjp: Callable[..., Any], dtype: str) -> bool:
        """Return whether both passes take an x of three axes, or the forward pass is right there.

        What the forward pass is right for, a caller will give the backward pass too.
        """
        if self.probe(lambda *call: vjp(*call[:3])[1](call[3]), _STACK, dtype):
            return True
        x, w, b, _ = (np.arange(prod(shape), dtype=dtype).reshape(shape) for shape in _STACK)
        out, _ = silently(lambda: self.of_numpy(vjp)(x, w, b)[0])
        return np.array_equal(out, x @ w + b)

    def function(self, named: Named, known: Parameters, kind: str, parts: Sequence[Named]) -> Layer:
        """Return the layer of a function of x, w and b."""
        readings = [
            Reading(Pass(named, takes), Pass(named, takes), layout, is_certain=takes.is_certain)
            for takes in proposals(known, "xwb")
            for layout in LAYOUTS
            if not layout.is_folded
        ]
        evidence, dtype = self.read(named, known, readings)
        reading = evidence.reading

        def forward(x: Any, w: Any, b: Any) -> Any:
            return reading.layout.data(reading.run_forward(None, reading.layout.given(x, w, b)))

        layer = self.differentiated(lambda d, m: forward, dtype)
        known_as = named.expression.removesuffix(".apply") or "the layer"
        form = f"{self.name} {kind} {known_as}{reading.forward.takes}"
        layer = replace(layer, form=form, usage=loaded(*parts))
        return self.believed(layer, named, known, evidence)

    def believed(self, layer: Layer, named: Named, known: Parameters, evidence: Evidence) -> Layer:
        """Return a layer with its name and layout.

        Raises:
            TargetError: It is right as another one, or was given no array.
        """
        layout = evidence.reading.layout
        layer = replace(
            layer,
            name=named.expression,
            form=layout.described(layer.form),
            columns=layout.columns,
            transposed=layout.transposed,
        )
        if reads_names_alone():
            return layer
        made = Arrays(dtype=layer.dtypes[0] if layer.dtypes else "float64")
        if not evidence.is_forward_right:
            others = {"not_affine": is_another_layer, "elementwise": is_elementwise}
            for other, is_seen in others.items():
                if is_seen(layer.vjp, made):
                    raise function_not_read(named, known, replace(evidence, other=other))
        problem = silently(lambda: layer.results(*made.given(PROBE)))[1]
        if problem and not evidence.reading.is_named:
            raise function_not_read(named, known, replace(evidence, stage="built", problem=problem))
        return layer

    def read(
        self, named: Named, known: Parameters, readings: Sequence[Reading]
    ) -> tuple[Evidence, str]:
        """Return the evidence of the forward pass that holds, and the dtype in which it does."""
        first: Evidence | None = None
        for dtype in ("float64", "float32"):
            made = self.arrays(dtype)
            with made.context():
                evidence = best_forward(readings, made)
            first = first or evidence
            if evidence is None or evidence.is_forward_right or not evidence.names_a_dtype:
                break
        else:
            evidence, dtype = first, "float64"
        is_known = evidence and (evidence.is_forward_right or evidence.reading.is_certain)
        if evidence is None or not is_known or evidence.may_lack_something:
            raise function_not_read(named, known, evidence)
        return evidence, dtype

    def differentiated(self, prepare: Prepare, dtype: str = "float64") -> Layer:
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
        if self.probe(jvp, _TANGENTS, dtype):
            variants["jvp"] = jvp
        if self.probe(vmapped, _STACK, dtype):
            variants["vmapped"] = vmapped
        if self.takes_a_stack(vjp, dtype):
            variants["with_leading_axes"] = vjp
        facts = _FACTS[self.name]
        return Layer(
            self.name,
            self.of_numpy(vjp),
            {name: self.of_numpy(variant) for name, variant in variants.items()},
            not_applicable={**facts["not_applicable"], **facts["differentiated"]},
            compiles_per_shape=self.compiles_per_shape,
            dtypes=() if dtype == "float64" else (dtype,),
        )

    def through(self, layer: Layer, parts: Sequence[Named]) -> Layer:
        """Return a layer whose own passes use the framework's arrays, as one of NumPy's."""
        facts = _FACTS[self.name]
        return replace(
            layer,
            vjp=self.of_numpy(layer.vjp),
            variants={name: self.of_numpy(one) for name, one in layer.variants.items()},
            form=f"{layer.form}, on {self.name} {facts['arrays']}",
            usage=loaded(*parts),
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
    held = getattr(unwrapped(value), "__globals__", vars(module) if module else {})
    imported = (one.__name__ for one in list(held.values()) if isinstance(one, ModuleType))
    for homes in ([home_of(value) or type(value).__module__], referred(value), imported):
        roots = {home.partition(".")[0] for home in homes}
        used = [name for name, facts in _FACTS.items() if roots & {*facts["packages"]}]
        if used or "numpy" in roots:
            return used[0] if used else ""
    return ""
