"""Find the layer in a namespace or an object, and read it."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import compress
from types import FunctionType, SimpleNamespace
from typing import Any, TypeAlias

from affine.checker.reading.assemble import layer_of
from affine.checker.reading.choice import best_reading, reads_names_alone
from affine.checker.reading.evidence import Evidence, is_of_float32, returns_pullback
from affine.checker.reading.forms import (
    class_readings,
    is_static,
    method_passes,
    methods,
    pair_readings,
    then_backward,
)
from affine.checker.reading.frameworks import framework, framework_of
from affine.checker.reading.libraries import home_of
from affine.checker.reading.other_layers import refuse_fixed_batch, refuse_fixed_instance
from affine.checker.reading.probes import Arrays, call_pullback
from affine.checker.reading.reading import Pass, Reading
from affine.checker.reading.refusals import no_known_form, not_read, without_backward
from affine.checker.reading.signatures import parameters
from affine.checker.reading.target import Named, TargetError, public
from affine.checker.reading.vocabulary import WORDS, plain, refusal, stem
from affine.layer import Layer

__all__ = ["recognise"]

_PASSES = ("forward", "backward")
_Candidate: TypeAlias = tuple[str, tuple[Named, ...]]
"""A form that was found: what it is called without its affixes, and its parts."""


def recognise(named: Named, label: str, space: Named) -> Layer:
    """Return the layer of a named object; the partner of a function may be in a space."""
    try:
        return _recognised(named, label, space)
    except TargetError as error:
        raise TargetError(f"{label}: {error}") from error
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
            names = [a if a.isidentifier() else b for a, b in zip(own, _PASSES, strict=True)]
        forward, backward = (Named(*both, named.origin) for both in zip(names, value, strict=True))
        return _of_pair(forward, backward)
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
        if torch.is_class(value) or torch.is_class(type(value)) or not methods(value, "backward"):
            return torch.layer_of(named)
    if inspect.isclass(value) and is_static(value):
        forward, backward = (named.member(methods(value, each)[0]) for each in _PASSES)
        return _of_pair(forward, backward)
    if inspect.isclass(value) or _has_both(value):
        backwards = method_passes(named, "backward")
        return _read(name, lambda arrays: class_readings(named, arrays), backwards, [named])
    if name == "jax" and callable(value):
        return framework(name).layer_of(named)
    if returns_pullback(value):
        return _of_pair(named, Named("its pullback", call_pullback), [named])
    raise without_backward(named, others)


def _of_pair(forward: Named, backward: Named, parts: Sequence[Named] = ()) -> Layer:
    name = framework_of(backward.value) or framework_of(forward.value)
    parts = parts or [forward, backward]
    return _read(name, lambda _: pair_readings(forward), [Pass(backward)], parts)


def _read(
    name: str,
    readings: Callable[[Arrays], Iterable[Reading]],
    backwards: Sequence[Pass],
    parts: Sequence[Named],
) -> Layer:
    """Return the layer of the best reading, on arrays of NumPy or of a framework."""
    found: list[tuple[Evidence, str, Arrays]] = []
    furthest: list[Evidence] = []
    for home in ("", name) if name else ("",):
        least, is_narrow = (-1, -1, -1), False
        for dtype in ("float64", "float32"):
            made = framework(home).arrays(dtype) if home else Arrays(dtype=dtype)
            with made.context():
                best, far = best_reading(readings(made), partial(then_backward, backwards), made)
            furthest += [far] if far else []
            # Another dtype than float64 is believed only where the layer speaks of dtypes and comes
            # further in it; an error on arrays of NumPy only where it is not written for others.
            is_home = home == name or (best is not None and not best.problem)
            is_enough = dtype == "float64" or (best is not None and best.is_forward_right)
            if best is not None and is_home and is_enough and (is_narrow or best.rank > least):
                found.append((best, home, made))
                least = best.rank
            is_narrow = not home and is_of_float32(best, made)
            is_done = bool(best and best.is_right) or not (far and far.names_a_dtype)
            if is_done and not is_narrow:
                break
        if found and found[-1][0].is_right:
            break
    if not found:
        raise not_read(max(furthest, key=lambda one: one.rank, default=None), parts, backwards)
    # Of equal ones the last: code that is written for a framework gets its arrays.
    best, home, made = max(reversed(found), key=lambda each: each[0].rank)
    with made.context():
        refuse_fixed_instance(best, made, parts[0].expression)
        # By names alone, where a call may end or hang the process, none is tried.
        if (best.is_right or best.problem) and not reads_names_alone():
            refuse_fixed_batch(best, made, parts[0].expression)
        layer = layer_of(best, made, parts)
    return framework(home).through(layer, parts) if home else layer


# ------------------------------------------------------------------ a namespace


def _in_namespace(space: Named, label: str) -> Layer:
    """Return the layer in a module or another namespace."""
    members = _members(space)
    candidates = _candidates(members)
    usual = [one for one in candidates if one[0] in WORDS["names"]["usual"]] or candidates
    if len(usual) == 1:
        return _layer_of(usual[0][1], members)
    read: list[tuple[Named, Layer]] = []
    for _, parts in usual:
        with suppress(TargetError):
            read.append((parts[0], _layer_of(parts, members)))
    if len(read) == 1 and len(usual) == len(candidates):
        return read[0][1]
    if usual:
        names = (" and ".join(part.expression for part in parts) for _, parts in usual)
        several = "; ".join(layer.form for _, layer in read) or ", ".join(names)
        first = read[0][0] if read else usual[0][1][0]
        example = f"{label.partition(':')[0]}:{first.expression}"
        raise refusal("several_layers", label=label, several=several, example=example)
    raise no_known_form(label, [one for one in members if callable(one.value)])


def _members(space: Named) -> list[Named]:
    """Return the public members: those defined there, or else those that it imports."""
    home = getattr(space.value, "__name__", "")
    named = [space.member(name) for name in public(space.value)]
    named = [one for one in named if not inspect.ismodule(one.value)]
    # What is of no known module was made here.
    is_own = (isinstance(one.value, partial) or home_of(one.value) in ("", home) for one in named)
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
    classes = forms.get("class", [])
    # What others are derived from is no layer by itself.
    bases = {base for one in classes for base in one.value.__mro__[1:]}
    classes = [one for one in classes if one.value not in bases]
    written = [*_pairs(members), *((stem(one.name), (one,)) for one in classes)]
    if written or "instance" in forms:
        return written or [(one.expression.lower(), (one,)) for one in forms["instance"]]
    return [(stem(one.name, WORDS["functions"]["forward"]), (one,)) for one in functions]


def _kind(value: Any) -> str:
    """Return as what a value may be a layer; `custom` is a jax function with its own derivative."""
    name = framework_of(value) if callable(value) else ""
    if inspect.isclass(value):
        is_written = _has_both(value) and not inspect.isabstract(value)
        is_class = is_written or (name == "torch" and framework(name).is_class(value))
        return "class" if is_class else ""
    if name == "jax" and type(value).__name__ in ("custom_vjp", "custom_jvp"):
        return "custom"
    if not isinstance(value, FunctionType) and _has_both(value):
        return "instance"
    is_layer = bool(name) or returns_pullback(value)
    return "function" if is_layer and parameters(value).takes(3) else ""


def _has_both(value: Any) -> bool:
    """Whether a class, or an object's, has a forward and a backward method."""
    return bool(methods(value, "forward") and methods(value, "backward"))


def _pairs(members: Sequence[Named]) -> Iterator[_Candidate]:
    """Yield each forward function with the backward function of its stem."""
    functions = [one for one in members if callable(one.value) and not inspect.isclass(one.value)]
    ahead = {plain(one.name): one for one in functions} | _by_stem(functions, "forward")
    for short, backward in _by_stem(functions, "backward").items():
        forward = ahead.get(short)
        if forward and forward.value is not backward.value:
            known = parameters(forward.value)
            if not known.is_known or len(known.each) > 1:  # an activation takes one argument
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
    if layer.not_applicable or ":" in layer.form:
        return layer
    beside = {plain(one.name): one.value for one in members}
    short, variants = stem(parts[0].name, WORDS["functions"]["forward"]), dict(layer.variants)
    for name, count in {"jvp": 5, "per_sample_gradients": 3}.items():
        function = beside.get(short + plain(name))
        if callable(function) and parameters(function).names and parameters(function).takes(count):
            variants[name] = function
    return replace(layer, variants=variants)
