"""Find the layer in a namespace, whichever of the known forms it is written in."""

import inspect
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from affine.checker.reading.classes import from_class, from_instance, is_layer_class, method
from affine.checker.reading.error_messages import explain_class, nothing_found, without_backward
from affine.checker.reading.frameworks import framework_of
from affine.checker.reading.numpy import pair
from affine.checker.reading.signatures import parameters, role
from affine.checker.reading.target import Named, TargetError, public
from affine.layer import Layer

__all__ = ["in_namespace", "of_function", "of_object", "of_pair"]

_FORWARD = ("forward", "fwd", "fprop")
_BACKWARD = (
    "backward",
    "backprop",
    "bwd",
    "bprop",
    "vjp",
    "gradients",
    "gradient",
    "grads",
    "grad",
)
# What a layer of this kind is called, where a file has several: affine_forward, MyLinearLayer.
_USUAL = {"", "affine", "linear", "dense", "fc", "fullyconnected", "innerproduct"}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A form that was found: what it is called without its affixes, and its parts."""

    stem: str
    parts: tuple[Named, ...]

    def __str__(self) -> str:
        return " and ".join(part.expression for part in self.parts)

    def layer(self) -> Layer:
        return of_pair(*self.parts) if len(self.parts) == 2 else of_object(self.parts[0])


# ------------------------------------------------------------------ one object


def of_object(named: Named) -> Layer:
    """Return the layer of a class, an instance, or a function that a framework differentiates.

    Raises:
        TargetError: It has no known form.
    """
    value, framework = named.value, framework_of(named.value)
    if framework == "torch":
        from affine.checker.reading.torch import from_torch, is_torch_class

        if is_torch_class(value) or is_torch_class(type(value)) or not method(value, "backward"):
            return from_torch(named)
    if inspect.isclass(value):
        return _through(framework, from_class(named))
    if method(value, "forward") and method(value, "backward"):
        return _through(framework, from_instance(named))
    if framework == "jax" and callable(value):
        from affine.checker.reading.jax import from_jax

        return from_jax(named)
    raise TargetError(without_backward(named))


def of_function(named: Named, space: Named) -> Layer | None:
    """Return the layer of one function of a pair, None if it belongs to none.

    Args:
        named: The function.
        space: The module in which the other may be.
    """
    if inspect.isclass(named.value) or not callable(named.value):
        return None
    members = _members(space)
    for candidate in _pairs(members):
        if any(part.value is named.value for part in candidate.parts):
            return _extended(candidate, members)
    if framework_of(named.value) or is_layer_class(type(named.value)):
        return None
    near = get_close_matches(
        named.expression.replace("forward", "backward"), [one.expression for one in members], n=1
    )
    hint = f" ({near[0]} is close; rename it)" if near and near[0] != named.expression else ""
    raise TargetError(without_backward(named) + hint)


def of_pair(forward: Named, backward: Named) -> Layer:
    """Return the layer of two functions."""
    framework = framework_of(backward.value) or framework_of(forward.value)
    return _through(framework, pair(forward, backward))


def _through(framework: str, layer: Layer) -> Layer:
    """Return the layer, given the arrays of the framework in which its backward is written."""
    if not framework or _works_on_arrays(layer):
        return layer
    if framework == "torch":
        from affine.checker.reading.torch_autograd import through_tensors

        return through_tensors(layer)
    from affine.checker.reading.jax import through_jax

    return through_jax(layer)


def _works_on_arrays(layer: Layer) -> bool:
    """Whether a layer that uses a framework takes NumPy arrays and gives them back."""
    x, w, b, dout = np.ones((4, 3)), np.ones((3, 2)), np.ones(2), np.ones((4, 2))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = layer.results(x, w, b, dout)
    except Exception:
        return False
    return all(isinstance(result, np.ndarray) for result in results.values())


# ------------------------------------------------------------------ a namespace


def in_namespace(space: Named, label: str) -> Layer:
    """Return the layer in a module or another namespace.

    Args:
        space: The namespace.
        label: What messages call it.

    Raises:
        TargetError: It has no known form, or several.
    """
    members = _members(space)
    found = _chosen(_candidates(members), label)
    if found is None:
        explain_class(members)
        raise TargetError(nothing_found(members, label))
    return _extended(found, members)


def _members(space: Named) -> list[Named]:
    """Return the public members: those defined there, or else those that it imports."""
    home = getattr(space.value, "__name__", "")
    named = [space.member(name) for name in public(space.value)]
    named = [one for one in named if not inspect.ismodule(one.value)]
    own = [one for one in named if _home(one.value, home) == home]
    return own if home and any(callable(one.value) for one in own) else named


def _home(value: Any, here: str) -> str:
    """Return the module in which a value was made; those of no known module were made here."""
    return here if isinstance(value, partial) else getattr(value, "__module__", None) or here


def _candidates(members: Sequence[Named]) -> list[_Candidate]:
    """Return the forms in a namespace, those in which a backward pass is written first."""
    special = [one for one in members if _is_custom(one.value)]
    if special:
        return [_Candidate(_stem(one.expression), (one,)) for one in special]
    classes = [one for one in members if _is_class_form(one.value)]
    written = [*_pairs(members), *(_Candidate(_stem(one.expression), (one,)) for one in classes)]
    instances = [one for one in members if _is_instance_form(one.value)]
    written = written or [_Candidate(one.expression.lower(), (one,)) for one in instances]
    if written:
        return written
    functions = [one for one in members if _is_differentiated(one.value)]
    functions = [one for one in functions if _says_x_w_b(one.value)] or functions
    if len(functions) > 1:
        functions = [one for one in functions if _takes_a_batch(one.value)] or functions
    return [_Candidate(_stem(one.expression, _FORWARD), (one,)) for one in functions]


def _is_custom(value: Any) -> bool:
    """Whether it is a jax function with a derivative of its own."""
    return type(value).__name__ in ("custom_vjp", "custom_jvp") and framework_of(value) == "jax"


def _is_class_form(value: Any) -> bool:
    if inspect.isclass(value) and framework_of(value) == "torch":
        from affine.checker.reading.torch import is_torch_class

        return is_torch_class(value) or is_layer_class(value)
    return is_layer_class(value)


def _is_instance_form(value: Any) -> bool:
    """Whether it is an object with both passes, of a class that cannot be built here."""
    if inspect.isclass(value) or isinstance(value, (ModuleType, FunctionType)):
        return False
    return bool(method(value, "forward") and method(value, "backward"))


def _is_differentiated(value: Any) -> bool:
    if inspect.isclass(value) or not callable(value) or not framework_of(value):
        return False
    known = parameters(value)
    return known is None or known.takes(3)


def _takes_a_batch(function: Any) -> bool:
    """Whether a function of a framework gives (N, M): one of one data point does not."""
    if framework_of(function) == "torch":
        from affine.checker.reading.torch import takes_a_batch
    else:
        from affine.checker.reading.jax import takes_a_batch
    return takes_a_batch(function)


def _says_x_w_b(value: Any) -> bool:
    known = parameters(value)
    return known is not None and sorted(map(role, known.names[:3])) == ["b", "w", "x"]


def _pairs(members: Sequence[Named]) -> Iterator[_Candidate]:
    """Yield each forward function with the backward function of its stem."""
    functions = [one for one in members if callable(one.value) and not inspect.isclass(one.value)]
    back: dict[str, Named] = {}
    for token in reversed(_BACKWARD):
        back |= {_stem(one.expression, (token,)): one for one in functions if token in _plain(one)}
    ahead = {_plain(one): one for one in functions}
    for token in reversed(_FORWARD):
        ahead |= {_stem(one.expression, (token,)): one for one in functions if token in _plain(one)}
    for stem, backward in back.items():
        forward = ahead.get(stem)
        if forward is not None and forward.value is not backward.value and _takes_three(forward):
            yield _Candidate(_stem(stem), (forward, backward))


def _takes_three(named: Named) -> bool:
    known = parameters(named.value)
    return known is None or known.takes(3)


def _plain(named: Named) -> str:
    return named.expression.rpartition(".")[2].lower().replace("_", "")


def _stem(expression: str, tokens: Sequence[str] = ()) -> str:
    """Return a name without case, underscores, the words given, and "my" and "layer".

    Examples:
        >>> _stem("MyLinearLayer"), _stem("affine_forward", ("forward",))
        ('linear', 'affine')
    """
    plain = expression.rpartition(".")[2].lower().replace("_", "")
    for token in tokens:
        plain = plain.replace(token, "")
    return re.sub(r"^my|layer", "", plain)


def _chosen(found: Sequence[_Candidate], label: str) -> _Candidate | None:
    if len(found) <= 1:
        return found[0] if found else None
    usual = [one for one in found if one.stem in _USUAL]
    if len(usual) == 1:
        return usual[0]
    several = ", ".join(map(str, usual or found))
    place = label if ":" not in label else label.partition(":")[0]
    raise TargetError(
        f"{label} has several layers: {several}; name one of them, such as "
        f"{place}:{(usual or found)[0].parts[0].expression}"
    )


def _extended(found: _Candidate, members: Sequence[Named]) -> Layer:
    """Return the layer, with jvp and per-sample gradients where they stand beside a pair."""
    layer = found.layer()
    if len(found.parts) != 2 or layer.not_applicable:
        return layer
    beside = {_plain(one): one.value for one in members}
    stem = _stem(found.parts[0].expression, _FORWARD)

    def extra(name: str, count: int) -> Any:
        function = beside.get(stem + name)
        known = parameters(function) if callable(function) else None
        return function if known is not None and known.takes(count) else None

    both = {"jvp": extra("jvp", 5), "per_sample_gradients": extra("persamplegradients", 3)}
    beside_it = {name: function for name, function in both.items() if function is not None}
    return replace(layer, variants={**layer.variants, **beside_it})
