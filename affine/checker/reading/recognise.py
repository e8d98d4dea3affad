"""Find the layer in a namespace or an object, whichever of the known forms it is written in."""

import inspect
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import compress
from types import FunctionType, SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from affine.checker.reading.classes import (
    from_class,
    from_instance,
    has_both_passes,
    is_layer_class,
    is_static,
    method,
    returned_count,
    returns_triple,
)
from affine.checker.reading.frameworks import framework, framework_of, home_of
from affine.checker.reading.signatures import (
    backward_plan,
    forward_plan,
    out_and_cache,
    parameters,
    unpack_gradients,
)
from affine.checker.reading.target import Named, TargetError, import_of, loaded, public, refusal
from affine.checker.reading.vocabulary import METHODS, WORDS, closest, plain, role, stem
from affine.layer import Array, Layer, Pullback

__all__ = ["recognise"]

_Candidate: TypeAlias = tuple[str, tuple[Named, ...]]
"""A form that was found: what it is called without its affixes, and its parts."""


def recognise(named: Named, label: str, space: Named) -> Layer:
    """Return the layer of a named object; the partner of a function may be in a space."""
    try:
        return _recognised(named, label, space)
    except TargetError as error:
        message = str(error)
        raise TargetError(message if label in message else f"{label}: {message}") from error
    except (Exception, SystemExit) as error:
        raised = f"{type(error).__name__}: {error}"
        raise refusal("unusable", label=label, error=raised) from error


def _recognised(named: Named, label: str, space: Named) -> Layer:
    value = SimpleNamespace(**named.value) if isinstance(named.value, dict) else named.value
    if isinstance(value, Layer):
        return value
    if inspect.ismodule(value) or isinstance(value, SimpleNamespace):
        return _in_namespace(replace(named, value=value), label)
    if isinstance(value, Sequence) and len(value) == 2 and all(map(callable, value)):
        names = [f"{named.expression}[{index}]" for index in range(2)]
        if not named.expression:
            own = [getattr(function, "__name__", "") for function in value]
            names = [a if a.isidentifier() else b for a, b in zip(own, METHODS, strict=True)]
        return _of_pair(*(Named(*both, named.origin) for both in zip(names, value, strict=True)))
    members = _members(space) if callable(value) and not inspect.isclass(value) else []
    for _, parts in _pairs(members):
        if any(part.value is value for part in parts):
            return _layer_of(parts, members)
    return _of_object(named, members)


def _of_object(named: Named, others: Sequence[Named] = ()) -> Layer:
    """Return the layer of a class, an instance, or a function that a framework differentiates."""
    value, name = named.value, framework_of(named.value)
    if name == "torch":
        torch = framework(name)
        if torch.is_class(value) or torch.is_class(type(value)) or not method(value, "backward"):
            return torch.layer_of(named)
    if inspect.isclass(value) and is_static(value):
        return _through(name, _pair(*(named.member(method(value, one)) for one in METHODS)), named)
    if inspect.isclass(value) or has_both_passes(value):
        layer = from_class(named) if inspect.isclass(value) else from_instance(named)
        return _through(name, layer, named)
    if name == "jax" and callable(value):
        return framework(name).layer_of(named)
    raise _without_backward(named, others)


def _of_pair(forward: Named, backward: Named) -> Layer:
    name = framework_of(backward.value) or framework_of(forward.value)
    return _through(name, _pair(forward, backward), forward, backward)


def _through(name: str, layer: Layer, *parts: Named) -> Layer:
    """Return the layer, given a framework's arrays if it does not take and return NumPy's."""
    x, w, b, dout = np.ones((4, 3)), np.ones((3, 2)), np.ones(2), np.ones((4, 2))
    if not name:
        return layer
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        results = layer.results(x, w, b, dout)
        if all(isinstance(result, np.ndarray) for result in results.values()):
            return layer
    return framework(name).through(layer, loaded(*parts))


def _pair(forward: Named, backward: Named) -> Layer:
    """Return the layer of a forward and a backward function."""
    takes = forward_plan(parameters(forward.value))
    if takes is None:
        raise refusal("forward_function", call=_call(forward))
    back = backward_plan(parameters(backward.value))
    if back is None:
        raise refusal("backward_function", call=_call(backward))

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        known: dict[str, Any] = {"x": x, "w": w, "b": b}
        out, known["cache"] = out_and_cache(forward.value(*(known[name] for name in takes)))

        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            given = known | {"dout": dout}
            return unpack_gradients(
                backward.value(*(given[name] for name in back)), backward.expression
            )

        return out, pullback

    # Only this form promises to flatten: CS231n gives an image as a data point.
    flattens = forward.name == "affine_forward" and "cache" in back
    return Layer(
        backward.expression,
        vjp,
        variants={"with_extra_axes": vjp} if flattens else {},
        form=f"{forward.call(takes)} and {backward.call(back)}",
        usage=_pair_usage(forward, takes, backward, back),
    )


def _pair_usage(forward: Named, takes: Sequence[str], backward: Named, back: Sequence[str]) -> str:
    """Return code that defines `vjp` with two functions, each with what it takes."""
    if not returns_triple(backward.value):
        return loaded(forward, backward)
    out = call = f"{forward.expression}({', '.join(takes)})"
    lines = [import_of(forward, backward), "", "def vjp(x, w, b):"]
    if "cache" in back or returned_count(forward.value) == 2:
        out = "out"
        lines.append(f"    out, {'cache' if 'cache' in back else '_'} = {call}")
    pull = f"{backward.expression}({', '.join(back)})"
    return "\n".join([*lines, f"    return {out}, lambda dout: {pull}"])


# ------------------------------------------------------------------ a namespace


def _in_namespace(space: Named, label: str) -> Layer:
    """Return the layer in a module or another namespace."""
    members = _members(space)
    candidates = _candidates(members)
    usual = [one for one in candidates if one[0] in WORDS["names"]["usual"]] or candidates
    if len(candidates) == 1 or len(usual) == 1:
        return _layer_of(usual[0][1], members)
    if usual:
        several = ", ".join(" and ".join(part.expression for part in parts) for _, parts in usual)
        example = f"{label.partition(':')[0]}:{usual[0][1][0].expression}"
        raise refusal("several_layers", label=label, several=several, example=example)
    both = [one for one in members if inspect.isclass(one.value) and has_both_passes(one.value)]
    if len(both) == 1:
        from_class(both[0])  # says what it lacks
    callables = [one for one in members if callable(one.value)]
    hints = [(_call(one), _hint(one, callables)) for one in callables[:8]]
    found = ", ".join(f"{call} ({hint})" if hint else call for call, hint in hints)
    found = found or "no public function or class"
    raise refusal("no_known_form", label=label, found=found)


def _members(space: Named) -> list[Named]:
    """Return the public members: those defined there, or else those that it imports."""
    home = getattr(space.value, "__name__", "")
    named = [space.member(name) for name in public(space.value)]
    named = [one for one in named if not inspect.ismodule(one.value)]
    # What is of no known module was made here.
    is_own = [isinstance(one.value, partial) or home_of(one.value) in ("", home) for one in named]
    own = list(compress(named, is_own))
    return own if home and any(callable(one.value) for one in own) else named


def _candidates(members: Sequence[Named]) -> list[_Candidate]:
    """Return the forms in a namespace, those in which a backward pass is written first."""
    forms: dict[str, list[Named]] = {}
    for one in members:
        forms.setdefault(_kind(one.value), []).append(one)
    special, functions = forms.get("custom", []), forms.get("function", [])
    if special:
        return [(stem(one.name), (one,)) for one in special]
    written = [*_pairs(members), *((stem(one.name), (one,)) for one in forms.get("class", []))]
    if written or "instance" in forms:
        return written or [(one.expression.lower(), (one,)) for one in forms["instance"]]
    roles = [sorted(map(role, parameters(one.value).names[:3])) for one in functions]
    usual = [found == ["b", "w", "x"] for found in roles]
    functions = list(compress(functions, usual)) or functions
    if len(functions) > 1:  # one of one data point does not give (N, M)
        batched = [framework(framework_of(one.value)).storage(one.value) for one in functions]
        functions = list(compress(functions, batched)) or functions
    return [(stem(one.name, WORDS["functions"]["forward"]), (one,)) for one in functions]


def _kind(value: Any) -> str:
    """Return as what a value may be a layer; `custom` is a jax function with its own derivative."""
    name = framework_of(value) if callable(value) else ""
    if inspect.isclass(value):
        is_class = is_layer_class(value) or (name == "torch" and framework(name).is_class(value))
        return "class" if is_class else ""
    if name == "jax" and type(value).__name__ in ("custom_vjp", "custom_jvp"):
        return "custom"
    if not isinstance(value, FunctionType) and has_both_passes(value):
        return "instance"
    return "function" if name and parameters(value).takes(3) else ""


def _pairs(members: Sequence[Named]) -> Iterator[_Candidate]:
    """Yield each forward function with the backward function of its stem."""
    functions = [one for one in members if callable(one.value) and not inspect.isclass(one.value)]
    ahead = {plain(one.name): one for one in functions} | _by_stem(functions, "forward")
    for short, backward in _by_stem(functions, "backward").items():
        forward = ahead.get(short)
        if forward and forward.value is not backward.value and parameters(forward.value).takes(3):
            yield stem(short), (forward, backward)


def _by_stem(functions: Sequence[Named], which: str) -> dict[str, Named]:
    """Return the functions whose names have one of the words, by the rest of the name."""
    return {
        stem(one.name, (word,)): one
        for word in reversed(WORDS["functions"][which])
        for one in functions
        if word in plain(one.name)
    }


def _layer_of(parts: tuple[Named, ...], members: Sequence[Named]) -> Layer:
    """Return the layer, with jvp and per-sample gradients where they stand beside a pair."""
    if len(parts) != 2:
        return _of_object(parts[0])
    layer = _of_pair(*parts)
    if layer.not_applicable:
        return layer
    beside = {plain(one.name): one.value for one in members}
    short, variants = stem(parts[0].name, WORDS["functions"]["forward"]), dict(layer.variants)
    for name, count in {"jvp": 5, "per_sample_gradients": 3}.items():
        function = beside.get(short + plain(name))
        if callable(function) and parameters(function).names and parameters(function).takes(count):
            variants[name] = function
    return replace(layer, variants=variants)


# ------------------------------------------------------------------ why it has no known form


def _call(named: Named) -> str:
    return f"{named.expression}{parameters(named.value)}"


def _without_backward(named: Named, others: Sequence[Named]) -> TargetError:
    """Return the error that an object is no layer by itself."""
    name = named.expression or "it"
    if not callable(named.value):
        return refusal("no_layer", name=name, kind=type(named.value).__name__)
    other = name.replace("forward", "backward")
    near = closest(other, [one.expression for one in others])
    hint = f" ({near} is close; rename it)" if near not in ("", name) else ""
    other = other if other != name else f"{name}_backward"
    takes = parameters(named.value)
    return refusal("no_backward", name=name, takes=takes, other=other, hint=hint)


def _hint(named: Named, others: Sequence[Named]) -> str:
    name = named.expression
    near = closest(name, WORDS["names"]["expected"], cutoff=0.8)
    if near.lower() not in ("", name.lower(), *(one.expression.lower() for one in others)):
        return f"did you mean {near}?"
    if inspect.isclass(named.value):
        missing = [one for one in METHODS if not method(named.value, one)]
        return f"without {' and '.join(missing)}" if missing else ""
    if near or "forward" in name.lower():
        takes = parameters(named.value).takes(3)
        return "without a backward function" if takes else "does not take x, w and b"
    return ""
