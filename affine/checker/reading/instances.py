"""Instances of a layer class: how they are made, called, asked for their gradients, and reused."""

import copy
import inspect
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from affine.checker.reading.parameter_paths import (
    ParameterPath,
    Storage,
    arrays_of,
    attributes,
    is_array,
)
from affine.checker.reading.results import described, entries, out_and_cache, triple
from affine.checker.reading.source import Source
from affine.checker.reading.target import Named, TargetError
from affine.checker.reading.vocabulary import (
    OUTPUTS,
    by_role,
    gradient_role,
    is_gradient_container,
    role,
)
from affine.layer import VJP, Array, Pullback

__all__ = ["OWN_PARAMETERS", "ClassSpec", "own_places", "undisturbed", "variants", "warm_up"]

OWN_PARAMETERS = {"wrong_shapes_are_refused": "the layer makes its own weights and bias"}
# Enough for a mistake that waits for the third or fourth batch.
_BATCHES = 8


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """How instances of a class are made and called.

    Attributes:
        named: The class, or an instance that is copied.
        forward: The name of a method, which takes x, or x, w and b in the order of `takes`.
        backward: The name of a method, which takes dout and more in the order of `back`.
        given: What the class takes, in order; empty where it takes nothing.
        storage: How instances keep weights and bias, and so their gradients.
    """

    named: Named
    forward: str
    backward: str
    takes: Sequence[str]
    back: Sequence[str]
    given: Sequence[str]
    storage: Storage

    @property
    def is_class(self) -> bool:
        """Whether instances are made, not copied."""
        return inspect.isclass(self.named.value)

    @property
    def kind(self) -> type:
        """The class of the instances."""
        return self.named.value if self.is_class else type(self.named.value)

    def make(self, w: Array, b: Array) -> Any:
        """Return a fresh instance with these weights and this bias."""
        sizes = {"d": w.shape[0], "m": w.shape[1], "w": w, "b": b}
        arguments = [sizes[name] for name in self.given]
        if not self.storage.places:
            return self.named.value(*arguments)
        with undisturbed():
            value = self.named.value
            layer = value(*arguments) if self.is_class else copy.deepcopy(value)
        self.storage.put(layer, w, b)
        return layer

    def passes(self, layer: Any, x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        """Run the forward pass of an instance; return out and the backward pass."""
        known: dict[str, Any] = {"x": x, "w": w, "b": b}
        kept = _output(layer)
        result = getattr(layer, self.forward)(*(known[name] for name in self.takes))
        out, known["cache"] = out_and_cache(result)
        if out is None:
            out = _read(_output(layer), kept, known.values())

        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            given, before = known | {"dout": dout}, _gradients_on(layer)
            result = getattr(layer, self.backward)(*(given[name] for name in self.back))
            # Gradients are on the layer where backward returned dx alone or nothing.
            if not (result is None or is_array(result) or isinstance(result, (int, float))):
                return self._in_shape(*triple(result))
            held = {
                which: _read(value, before.get(which), given.values())
                for which, value in _gradients_on(layer).items()
            }
            return self._in_shape(*_gradients(layer, result, held))

        return out, pullback

    def _in_shape(self, dx: Any, dw: Any, db: Any) -> tuple[Any, Any, Any]:
        """Turn gradients from the shapes in which the layer keeps its parameters."""
        if self.storage.transposed and is_array(dw):
            dw = dw.T
        if self.storage.bias_row and is_array(db) and len(db.shape) == 2 and db.shape[0] == 1:
            db = db.reshape(-1)
        return dx, dw, db


@contextmanager
def undisturbed() -> Iterator[None]:
    """Leave the random states as they are: initial weights are drawn and never used."""
    ours, theirs = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002 (the global state)
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002


# ------------------------------------------------------------------ what is on an instance


def _output(layer: Any) -> Any:
    held = attributes(layer)
    return next((held[name] for name in OUTPUTS if held.get(name) is not None), None)


def _read(value: Any, before: Any, given: Iterable[Any]) -> Any:
    """Return what an attribute holds, copied if it may be a buffer that the next pass overwrites.

    A view, and an argument that was kept, are handed on as they are.
    """
    owns_memory = getattr(value, "base", None) is None
    is_buffer = value is before or (owns_memory and not any(value is one for one in given))
    return copy.copy(value) if is_buffer else value


def _gradients_on(layer: Any) -> dict[str, Any]:
    """Return the gradients among the attributes: plain, in a container, or beside a parameter."""
    found: dict[str, Any] = {}
    for name, value in attributes(layer, gradient_role).items():
        if value is None:
            continue
        which = gradient_role(name)
        if which:
            found.setdefault(which, value)
        elif is_gradient_container(name):
            is_pair = isinstance(value, (list, tuple)) and len(value) == 2
            inside = dict(zip("wb", value, strict=True)) if is_pair else {}
            if isinstance(value, Mapping):
                inside = by_role(entries(value), needed="wb")
            found |= inside | found
        elif role(name) in ("w", "b") and not is_array(value) and hasattr(value, "grad"):
            found.setdefault(role(name), value.grad)
    return found


def _gradients(layer: Any, result: Any, held: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return dx, dw and db: what backward returned, and what it left on the layer."""
    missing, own = [name for name in ("w", "b") if name not in held], attributes(layer)
    # The backward pass forgot a gradient whose place is there and holds None.
    empty = {gradient_role(name) for name, value in own.items() if value is None}
    if len(missing) == 2 or not empty.issuperset(missing):
        names = [f"{name} (None)" if value is None else name for name, value in own.items()]
        shared = [name for name, value in vars(type(layer)).items() if is_array(value)]
        names += [f"{name} (of the class, shared by all instances)" for name in shared]
        raise TargetError(
            f"after backward returned {described(result)} the layer has no gradient of "
            f"{' and '.join(missing)} among {', '.join(names) or 'no attributes'}; "
            "keep them as dW and db"
        )
    return held.get("x") if result is None else result, held.get("w"), held.get("b")


# ------------------------------------------------------------------ instances that live on


def warm_up(run: Callable[[Any], tuple[Any, Pullback]], x: Any) -> None:
    """Run other batches, both passes of each: one data point, and as many as x has, in turn."""
    for number in range(_BATCHES):
        # No call of NumPy's: the arrays may be another library's.
        out, pullback = run((x if number % 2 else x[:1]) + 1)
        pullback(out + 1)


def variants(spec: ClassSpec, places: Sequence[ParameterPath]) -> dict[str, VJP]:
    """Return the variants of a layer's vjp through one instance, updated where that is possible."""
    # A forward pass that takes the parameters takes others for the batches before.
    step = 1 if len(spec.takes) == 3 else 0

    def on_reused_instance(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = spec.make(w, b)
        warm_up(lambda batch: spec.passes(layer, batch, w + step, b + step), x)
        return spec.passes(layer, x, w, b)

    def then_next_batch(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = spec.make(w, b)
        out, pullback = spec.passes(layer, x, w, b)

        def pulled(dout: Array) -> tuple[Array, Array, Array]:
            gradients = pullback(dout)
            spec.passes(layer, x + 1, w, b)[1](dout + 1)
            return gradients

        return out, pulled

    def after_update(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = spec.make(w + 1, b + 1)
        warm_up(lambda batch: spec.passes(layer, batch, w, b), x)
        _update(layer, spec.make(w, b), places)
        return spec.passes(layer, x, w, b)

    named: list[VJP] = [on_reused_instance, then_next_batch, *([after_update] if places else [])]
    return {variant.__name__: variant for variant in named}


def _update(layer: Any, fresh: Any, places: Sequence[ParameterPath]) -> None:
    """Do what `layer.W -= …` does: change the array in place, and put it back.

    An array that cannot be changed is replaced, as that statement does it, in every place.
    """
    for place in places:
        held = place.get(layer)
        held += place.get(fresh) - held
        place.put(layer, held)


def own_places(spec: ClassSpec) -> tuple[ParameterPath, ...]:
    """Return where instances keep the parameters that a user updates; none if that is not plain.

    Weights and bias must each be one array that anybody may write to. A class with a method of
    its own that updates them, and something else with them, is not updated behind its back.
    """
    if len(spec.takes) == 3:
        return ()
    generator = np.random.default_rng(0)
    first, other = ((generator.normal(size=(3, 2)), generator.normal(size=2)) for _ in range(2))
    try:
        with undisturbed():
            layer, fresh = spec.make(*first), spec.make(*other)
            places = tuple(_places(layer, *first))
            _update(layer, fresh, places)
            is_updated = all(np.allclose(one.get(layer), one.get(fresh)) for one in places)
    except Exception:
        return ()
    own = {str(place.path[0]) for place in places}
    passes = {"__init__", spec.forward, spec.backward}
    has_own_update = any(
        Source(method).changes_with(own)
        for owner in spec.kind.__mro__
        for name, method in vars(owner).items()
        if name not in passes and inspect.isfunction(method)
    )
    return places if is_updated and not has_own_update else ()


def _places(layer: Any, w: Array, b: Array) -> Iterator[ParameterPath]:
    """Yield every place of the weights and of the bias; raise if one of the two is not plain."""
    own = arrays_of(layer, lambda name: role(name) in ("w", "b"))
    arrays = [one for one in own if not one[0].names[0].startswith("_")]  # a user may write to them
    for given, wanted in ((w, "w"), (b, "b")):
        shapes = {given.shape, given.shape[::-1], (1, *given.shape)}
        fit = [(place, array) for place, array in arrays if tuple(array.shape) in shapes]
        named = [one for one in fit if one[0].role == wanted]
        named = named or [one for one in fit if one[1] is given]
        if not named or any(array is not named[0][1] for _, array in named):
            raise LookupError(wanted)
        yield from (place for place, array in fit if array is named[0][1])
