"""Instances of a layer class: where they keep arrays, how they are made, called and reused."""

import copy
import inspect
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from affine.checker.reading.signatures import (
    describe_result,
    entries,
    out_and_cache,
    unpack_gradients,
)
from affine.checker.reading.target import STORED_TRANSPOSED, Named, refusal
from affine.checker.reading.vocabulary import WORDS, begins, by_role, gradient_role, role
from affine.layer import VJP, Array, Pullback

__all__ = [
    "OWN_PARAMETERS",
    "ClassSpec",
    "ParameterPath",
    "Storage",
    "attributes",
    "is_array",
    "preserve_random_state",
    "storage_of",
    "update",
    "variants",
    "warm_up",
]  # fmt: skip

OWN_PARAMETERS = {"wrong_shapes_are_refused": "the layer makes its own weights and bias"}
_PROPERTIES = (property, cached_property)
# Enough for a mistake that waits for the third or fourth batch.
_BATCHES = 8


# ------------------------------------------------------------------ where they keep their arrays


@dataclass(frozen=True, slots=True)
class ParameterPath:
    """A path from an object to one of its arrays: attributes as text, entries as tuples."""

    path: tuple[str | tuple[Any], ...]

    def get(self, owner: Any) -> Any:
        """Return what is there."""
        for step in self.path:
            owner = getattr(owner, step) if isinstance(step, str) else owner[step[0]]
        return owner

    def put(self, owner: Any, value: Any) -> None:
        """Put a value there."""
        *way, last = self.path
        owner = ParameterPath(tuple(way)).get(owner)
        if isinstance(last, str):
            setattr(owner, last, value)
        else:
            owner[last[0]] = value

    def code(self, owner: str) -> str:
        """Return the expression for it, such as `layer.params['W']`."""
        steps = (f".{one}" if isinstance(one, str) else f"[{one[0]!r}]" for one in self.path)
        return owner + "".join(steps)

    @property
    def names(self) -> list[str]:
        """The attributes and keys on the way."""
        return [str(step if isinstance(step, str) else step[0]) for step in self.path]

    @property
    def role(self) -> str:
        """What its names say that it is: `w`, `b` or `""`."""
        return next((one for one in map(role, self.names) if one in ("w", "b")), "")


_Held: TypeAlias = list[tuple[ParameterPath, Any]]


@dataclass(frozen=True, slots=True)
class Storage:
    """How an instance keeps its weights and its bias."""

    places: Sequence[tuple[str, ParameterPath]] = ()  # of `w` and `b`; none if built from them
    transposed: bool = False  # as Wᵀ, (M, D)
    bias_row: bool = False  # as (1, M)
    outputs_first: bool = False  # its class takes (M, D) rather than (D, M)

    def put(self, owner: Any, w: Array, b: Array) -> None:
        """Give an instance its weights and its bias, in the shapes that it keeps them in."""
        stored = w.T if self.transposed else w, b.reshape(1, -1) if self.bias_row else b
        for which, place in self.places:
            place.put(owner, stored["wb".index(which)])


def is_array(value: Any) -> bool:
    """Whether a value is an array of NumPy or of a framework."""
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type)


def attributes(owner: Any) -> dict[str, Any]:
    """Return what an instance holds by name: gradients that are properties, slots, `__dict__`."""
    names: list[str] = []
    for kind in type(owner).__mro__:
        slots = vars(kind).get("__slots__", ())
        names += (slots,) if isinstance(slots, str) else slots
        computed = (name for name, one in vars(kind).items() if isinstance(one, _PROPERTIES))
        names += filter(gradient_role, computed)
    held = {}
    for name in names:
        # Whatever the user's code raises: before the backward pass there may be no gradient.
        with suppress(Exception):
            held[name] = getattr(owner, name)
    held = {name: value for name, value in held.items() if not name.startswith("__")}
    return held | getattr(owner, "__dict__", {})


def _arrays_of(owner: Any) -> Iterator[tuple[ParameterPath, Any]]:
    """Yield the arrays in attributes, containers and parameter objects that are no gradients."""
    for name, value in attributes(owner).items():
        places: dict[tuple[Any, ...], Any] = {(name,): value}
        if isinstance(value, (Mapping, list)):
            inside = value.items() if isinstance(value, Mapping) else enumerate(value)
            places = {(name, (key,)): one for key, one in inside}
        elif not is_array(value) and not callable(value):
            places = {(name, key): one for key, one in getattr(value, "__dict__", {}).items()}
        for path, array in places.items():
            place = ParameterPath(path)
            others = (gradient_role(one) or begins(one, "optimiser_state") for one in place.names)
            if is_array(array) and not any(others):
                yield place, array


def storage_of(owner: Any, sizes: tuple[int, int], label: str) -> Storage | None:
    """Return how an instance of two different sizes keeps weights and bias, if it has weights."""
    held = list(_arrays_of(owner))
    weights = [one for one in held if tuple(one[1].shape) in (sizes, sizes[::-1])]
    if not weights:
        return None
    kept = _same(weights, "w", label)
    vectors = [shape for size in sizes if size > 1 for shape in ((size,), (1, size), (size, 1))]
    biases = [one for one in held if tuple(one[1].shape) in vectors and one[0].role != "w"]
    if not biases:
        raise refusal("no_bias", name=label)
    bias = _same(biases, "b", label)
    vector = tuple(bias[0][1].shape)
    if len(vector) == 2 and vector[1] == 1:
        raise refusal("bias_is_a_column", name=label, shape=vector)
    return Storage(
        places=[*(("w", place) for place, _ in kept), *(("b", place) for place, _ in bias)],
        transposed=kept[0][1].shape[0] == vector[-1],
        bias_row=len(vector) == 2,
        outputs_first=vector[-1] == sizes[0],
    )


def _same(found: _Held, wanted: str, label: str) -> _Held:
    """Return every place of the one array that is meant."""
    named = [one for one in found if one[0].role == wanted] or found
    array = named[0][1]
    if any(other is not array for _, other in named):
        places = ", ".join(place.code(label) for place, _ in named)
        raise refusal("several_weights" if wanted == "w" else "several_biases", places=places)
    return [one for one in found if one[1] is array]


# ------------------------------------------------------------------ how they are made and called


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """How instances of a class are made and called."""

    named: Named  # the class, or an instance that is copied
    forward: str
    backward: str
    takes: Sequence[str]  # by the forward method, in order
    back: Sequence[str]  # by the backward method, in order
    given: Sequence[str]  # to the class, in order
    storage: Storage

    @property
    def is_class(self) -> bool:
        """Whether instances are made, not copied."""
        return inspect.isclass(self.named.value)

    @property
    def kind(self) -> type:
        """The class of the instances."""
        return self.named.value if self.is_class else type(self.named.value)

    @property
    def form(self) -> str:
        """How the class or the instance is called, in words."""
        title = f"instance {self.named.expression}"
        if self.is_class:
            title = f"class {self.named.call(self.given)}"
        passes = f"{self.forward}({', '.join(self.takes)}) and {self.backward}"
        stored = STORED_TRANSPOSED * self.storage.transposed
        return f"{title} with {passes}({', '.join(self.back)}){stored}"

    def make(self, w: Array, b: Array) -> Any:
        """Return a fresh instance with these weights and this bias."""
        sizes = {"d": w.shape[0], "m": w.shape[1], "w": w, "b": b}
        arguments = [sizes[name] for name in self.given]
        if not self.storage.places:
            return self.named.value(*arguments)
        with preserve_random_state():
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
                return self._in_shape(*unpack_gradients(result))
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
def preserve_random_state() -> Iterator[None]:
    """Leave the random states as they are: initial weights are drawn and never used."""
    ours, theirs = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002 (the global state)
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002


def _output(layer: Any) -> Any:
    held = (attributes(layer).get(name) for name in WORDS["names"]["outputs"])
    return next((value for value in held if value is not None), None)


def _read(value: Any, before: Any, given: Iterable[Any]) -> Any:
    """Return what an attribute holds, copied if the next pass may overwrite it as a buffer."""
    # A view, and an argument that was kept, are handed on as they are.
    owns_memory = getattr(value, "base", None) is None
    is_buffer = value is before or (owns_memory and not any(value is one for one in given))
    return copy.copy(value) if is_buffer else value


def _gradients_on(layer: Any) -> dict[str, Any]:
    """Return the gradients among the attributes: plain, in a container, or beside a parameter."""
    found: dict[str, Any] = {}
    for name, value in attributes(layer).items():
        if value is None:
            continue
        if which := gradient_role(name):
            found.setdefault(which, value)
        elif begins(name, "gradient_container"):
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
        raise refusal(
            "no_gradients", returned=describe_result(result), missing=" and ".join(missing),
            attributes=", ".join(names) or "no attributes",
        )  # fmt: skip
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
        update(layer, spec.make(w, b), places)
        return spec.passes(layer, x, w, b)

    named: list[VJP] = [on_reused_instance, then_next_batch, *([after_update] if places else [])]
    return {variant.__name__: variant for variant in named}


def update(layer: Any, fresh: Any, places: Sequence[ParameterPath]) -> None:
    """Do what `layer.W -= …` does: change the array in place, and put it back."""
    for place in places:
        held = place.get(layer)
        held += place.get(fresh) - held  # makes another array of one that cannot be changed
        place.put(layer, held)
