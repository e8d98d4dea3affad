"""Layer classes: built from (W, b), from sizes, or from nothing."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from affine.checker.reading.class_snippet import form, usage
from affine.checker.reading.class_spec import ClassSpec, undisturbed, vjp_of
from affine.checker.reading.instance_reuse import (
    after_update,
    on_reused_instance,
    own_places,
    then_next_batch,
)
from affine.checker.reading.numpy import pair
from affine.checker.reading.parameter_paths import Parts, attributes, is_array, parts_of
from affine.checker.reading.signatures import (
    Parameters,
    backward_plan,
    forward_plan,
    parameters,
    role,
)
from affine.checker.reading.target import Named, TargetError
from affine.layer import Layer

__all__ = ["OWN_PARAMETERS", "from_class", "from_instance", "is_layer_class", "method"]

METHODS = {
    "forward": ("forward", "__call__", "fprop", "fwd"),
    "backward": ("backward", "backprop", "bprop", "bwd"),
}
OWN_PARAMETERS = {"wrong_shapes_are_refused": "the layer makes its own weights and bias"}
# Which sizes a class is built with to see how it keeps its weights: they must differ.
_SIZES = 3, 2


def method(kind: Any, name: str) -> str:
    """Return what a class calls its forward or backward method, `""` if it has none.

    Examples:
        >>> class Affine:
        ...     def __call__(self, x): ...
        >>> method(Affine, "forward"), method(Affine, "backward")
        ('__call__', '')
    """
    owner = kind if inspect.isclass(kind) else type(kind)
    return next((one for one in METHODS[name] if _is_method(_defined(owner, one))), "")


def _defined(kind: type, name: str) -> Any:
    """Return what a class or a base defines; no other look-up, as every class has a `__call__`."""
    return next((vars(one)[name] for one in kind.__mro__ if name in vars(one)), None)


def _is_method(found: Any) -> bool:
    return callable(found) or isinstance(found, (staticmethod, classmethod))


def is_layer_class(found: Any) -> bool:
    """Whether a class has a forward and a backward pass, and takes what a layer takes.

    Examples:
        >>> class Affine:
        ...     def __init__(self, w, b): ...
        ...     def forward(self, x): ...
        ...     def backward(self, dout): ...
        >>> is_layer_class(Affine), is_layer_class(dict)
        (True, False)
    """
    if not inspect.isclass(found) or not (method(found, "forward") and method(found, "backward")):
        return False
    if inspect.isabstract(found):
        return False
    forward, takes = _method_parameters(found, "forward"), parameters(found)
    if _is_static(found):
        return forward is None or forward.takes(3)
    if forward is not None and forward.required == 3:
        return takes is None or takes.takes(0)
    return takes is None or takes.takes(2)


def from_class(named: Named) -> Layer:
    """Return the layer of a class, a fresh instance for every forward pass.

    Raises:
        TargetError: The class takes something else than weights and bias, or than sizes.
    """
    kind = named.value
    forward, backward = method(kind, "forward"), method(kind, "backward")
    if _is_static(kind):
        return pair(named.member(forward), named.member(backward))
    if not is_layer_class(kind):
        raise TargetError(
            f"{_signature(named)} takes neither (W, b) nor two sizes by position, and "
            f"its {forward} takes no x, w and b; give the class one of these forms"
        )
    takes = _takes(named, forward)
    given, parts = _given(named) if takes == ("x",) else ((), None)
    row = parts.bias_row if parts is not None else _keeps_bias_row(kind, given)
    return _layer(
        ClassSpec(named, forward, backward, takes, _back(named, backward), given, parts, row)
    )


def _signature(named: Named) -> str:
    """Return a class as it is called, parameters that are given by name included."""
    try:
        return f"{named.expression}{inspect.signature(named.value)}"
    except (TypeError, ValueError):
        return named.expression


def from_instance(named: Named) -> Layer:
    """Return the layer of an instance: a copy of it for every forward pass.

    Raises:
        TargetError: Its weights and bias were not found, or which side is D is not clear.
    """
    instance = named.value
    forward, backward = method(instance, "forward"), method(instance, "backward")
    sizes = _sizes_of(named)
    parts = parts_of(instance, sizes, named.expression)
    if parts is None:
        raise TargetError(f"{named.expression} has no weights; name its class instead")
    takes, back = _takes(named, forward), _back(named, backward)
    return _layer(ClassSpec(named, forward, backward, takes, back, (), parts, parts.bias_row))


def _sizes_of(named: Named) -> tuple[int, int]:
    held = attributes(named.value).values()
    shapes = {tuple(one.shape) for one in held if is_array(one) and len(one.shape) == 2}
    shapes = {shape for shape in shapes if 1 not in shape}
    if len(shapes) != 1 or len(set(*shapes)) != 2:
        raise TargetError(
            f"which side of the weights of {named.expression} is D is not clear; name its class, "
            "or build it with two different sizes of at least 2"
        )
    first, second = shapes.pop()
    return first, second


# ------------------------------------------------------------------ what it takes


def _is_static(kind: Any) -> bool:
    owner = kind if inspect.isclass(kind) else type(kind)
    found = _defined(owner, method(kind, "forward"))
    return isinstance(found, (staticmethod, classmethod))


def _method_parameters(kind: Any, name: str) -> Parameters | None:
    function = getattr(kind, method(kind, name))
    bound = not inspect.isclass(kind) or _is_static(kind)
    return parameters(function, skip=0 if bound else 1)


def _takes(named: Named, forward: str) -> tuple[str, ...]:
    known = _method_parameters(named.value, "forward")
    if known is None or known.takes(1):
        return ("x",)
    plan = forward_plan(known)
    if plan is None:
        raise TargetError(
            f"{named.expression}.{forward}{known} can be called neither with x alone nor with "
            "x, w and b; give it those parameters"
        )
    return plan


def _back(named: Named, backward: str) -> tuple[str, ...]:
    known = _method_parameters(named.value, "backward")
    if known is None or known.takes(1):
        return ("dout",)
    plan = backward_plan(known)
    if plan is None or (len(plan) == 2 and not {"cache"} & set(map(role, known.names))):
        raise TargetError(
            f"{named.expression}.{backward}{known} takes more than dout; a backward pass that "
            "updates the weights shows no gradients, so let it take dout alone and keep dW and db"
        )
    return plan


def _given(named: Named) -> tuple[Sequence[str], Parts | None]:
    """Return what the class is built from, and where the weights go if it is built by sizes."""
    known = parameters(named.value)
    names = tuple(map(role, known.names[:2])) if known else ()
    if sorted(names) == ["b", "w"]:
        return names, None
    parts, error = _by_sizes(named)
    if parts is not None:
        return ("m", "d") if parts.outputs_first else ("d", "m"), parts
    try:
        with undisturbed():
            named.value(np.ones(_SIZES), np.ones(_SIZES[1]))
    except Exception as other:
        raise TargetError(
            f"{named.expression}{known or ''} can be built neither from (W, b) "
            f"({type(other).__name__}: {other}) nor from two sizes ({error}); "
            "give the class one of these forms"
        ) from other
    return ("w", "b"), None


def _by_sizes(named: Named) -> tuple[Parts | None, str]:
    try:
        with undisturbed():
            instance = named.value(*_SIZES)
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
    return parts_of(instance, _SIZES, named.expression), "it then has no weights of these sizes"


def _keeps_bias_row(kind: type, given: Sequence[str]) -> bool:
    """Whether a class that is built from (W, b) turns b into one row."""
    arrays = {"w": np.ones(_SIZES), "b": np.ones(_SIZES[1])}
    try:
        with undisturbed():
            held = attributes(kind(*(arrays[name] for name in given)))
    except Exception:
        return False
    return any(
        role(name) == "b" and is_array(value) and tuple(value.shape) == (1, _SIZES[1])
        for name, value in held.items()
    )


def _layer(built: ClassSpec) -> Layer:
    places = own_places(built)
    return Layer(
        built.named.expression,
        vjp_of(built),
        variants={
            "on_reused_instance": on_reused_instance(built),
            "then_next_batch": then_next_batch(built),
            **({"after_update": after_update(built, places)} if places else {}),
        },
        form=form(built),
        usage=usage(built, places),
        not_applicable=OWN_PARAMETERS if built.parts else {},
    )
