"""Layer classes: built from (W, b), from sizes, or from nothing; and their instances."""

import inspect
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from affine.checker.reading.instances import (
    OWN_PARAMETERS,
    ClassSpec,
    own_places,
    undisturbed,
    variants,
)
from affine.checker.reading.parameter_paths import Storage, attributes, is_array, storage_of
from affine.checker.reading.signatures import Parameters, backward_plan, forward_plan, parameters
from affine.checker.reading.target import Named, TargetError
from affine.checker.reading.usage import class_form, class_usage
from affine.checker.reading.vocabulary import METHODS, role
from affine.layer import Layer

__all__ = [
    "from_class", "from_instance", "has_both_passes", "is_layer_class", "is_static", "method",
]  # fmt: skip

# Which sizes a class is built with to see how it keeps its weights: they must differ.
_SIZES = 3, 2


def method(kind: Any, name: str) -> str:
    """Return what a class calls its forward or backward method, `""` if it has none."""
    defined = ((one, _defined(kind, one)) for one in METHODS[name])
    wrapped = (staticmethod, classmethod)
    return next((one for one, it in defined if callable(it) or isinstance(it, wrapped)), "")


def _defined(kind: Any, name: str) -> Any:
    """Return what a class or a base defines; no other look-up, as every class has a `__call__`."""
    owner = kind if inspect.isclass(kind) else type(kind)
    return next((vars(one)[name] for one in owner.__mro__ if name in vars(one)), None)


def has_both_passes(value: Any) -> bool:
    """Whether a class, or an object's, has a forward and a backward method."""
    return bool(method(value, "forward") and method(value, "backward"))


def is_static(kind: Any) -> bool:
    """Whether a class is only a place for its functions."""
    return isinstance(_defined(kind, method(kind, "forward")), (staticmethod, classmethod))


def is_layer_class(value: Any) -> bool:
    """Whether a class has a forward and a backward pass, and takes what a layer takes."""
    if not inspect.isclass(value) or not has_both_passes(value) or inspect.isabstract(value):
        return False
    forward, takes = _method_parameters(value, "forward"), parameters(value)
    if is_static(value):
        return forward.takes(3)
    return takes.takes(0 if forward.required == 3 else 2)


def from_class(named: Named) -> Layer:
    """Return the layer of a class, a fresh instance for every forward pass."""
    kind = named.value
    if not is_layer_class(kind):
        signature = inspect.signature(kind) if parameters(kind).is_known else ""
        raise TargetError(
            f"{named.expression}{signature} takes neither (W, b) nor two sizes by position, and "
            f"its {method(kind, 'forward')} takes no x, w and b; give the class one of these forms"
        )
    takes = _plan(named, "forward")
    given, storage = _given(named) if takes == ("x",) else ((), Storage())
    return _layer(named, takes, given, storage)


def from_instance(named: Named) -> Layer:
    """Return the layer of an instance: a copy of it for every forward pass."""
    held = attributes(named.value).values()
    shapes = {tuple(one.shape) for one in held if is_array(one) and len(one.shape) == 2}
    shapes = {shape for shape in shapes if 1 not in shape}
    if len(shapes) != 1 or len(set(*shapes)) != 2:
        raise TargetError(
            f"which side of the weights of {named.expression} is D is not clear; name its class, "
            "or build it with two different sizes of at least 2"
        )
    first, second = shapes.pop()
    storage = storage_of(named.value, (first, second), named.expression)
    if storage is None:
        raise TargetError(f"{named.expression} has no weights; name its class instead")
    return _layer(named, _plan(named, "forward"), (), storage)


def _layer(named: Named, takes: Sequence[str], given: Sequence[str], storage: Storage) -> Layer:
    forward, backward = method(named.value, "forward"), method(named.value, "backward")
    back = _plan(named, "backward")
    spec = ClassSpec(named, forward, backward, takes, back, given, storage)
    places = own_places(spec)
    return Layer(
        named.expression,
        lambda x, w, b: spec.passes(spec.make(w, b), x, w, b),
        variants=variants(spec, places),
        form=class_form(spec),
        usage=class_usage(spec, places),
        not_applicable=OWN_PARAMETERS if storage.places else {},
    )


# ------------------------------------------------------------------ what it takes


def _method_parameters(kind: Any, name: str) -> Parameters:
    function = getattr(kind, method(kind, name))
    bound = not inspect.isclass(kind) or is_static(kind)
    return parameters(function, skip=0 if bound else 1)


_REFUSALS = {
    "forward": "can be called neither with x alone nor with x, w and b; give it those parameters",
    "backward": "takes more than dout; a backward pass that updates the weights shows no "
    "gradients, so let it take dout alone and keep dW and db",
}


def _plan(named: Named, name: str) -> tuple[str, ...]:
    """Return what the forward or backward method takes, in order."""
    known = _method_parameters(named.value, name)
    if known.takes(1):
        return ("x",) if name == "forward" else ("dout",)
    plan = forward_plan(known) if name == "forward" else backward_plan(known)
    if plan is None or (len(plan) == 2 and "cache" not in map(role, known.names)):
        expression = named.member(method(named.value, name)).expression
        raise TargetError(f"{expression}{known} {_REFUSALS[name]}")
    return plan


def _given(named: Named) -> tuple[Sequence[str], Storage]:
    """Return what the class is built from, and how instances keep it."""
    known = parameters(named.value)
    names = tuple(map(role, known.names[:2]))
    if sorted(names) == ["b", "w"]:
        with suppress(Exception):
            return names, _storage_of_arrays(named.value, names)
        return names, Storage()
    refusal = "it then has no weights of these sizes"
    try:
        with undisturbed():
            instance = named.value(*_SIZES)
    except Exception as error:
        refusal = f"{type(error).__name__}: {error}"
    else:
        storage = storage_of(instance, _SIZES, named.expression)
        if storage is not None:
            return ("m", "d") if storage.outputs_first else ("d", "m"), storage
    try:
        return ("w", "b"), _storage_of_arrays(named.value, ("w", "b"))
    except Exception as error:
        raise TargetError(
            f"{named.expression}{known} can be built neither from (W, b) "
            f"({type(error).__name__}: {error}) nor from two sizes ({refusal}); "
            "give the class one of these forms"
        ) from error


def _storage_of_arrays(kind: type, given: Sequence[str]) -> Storage:
    """Return how a class that is built from (W, b) keeps them; it may turn b into one row."""
    arrays = {"w": np.ones(_SIZES), "b": np.ones(_SIZES[1])}
    with undisturbed():
        held = attributes(kind(*(arrays[name] for name in given)))
    biases = [one for name, one in held.items() if role(name) == "b" and is_array(one)]
    return Storage(bias_row=(1, _SIZES[1]) in (tuple(one.shape) for one in biases))
