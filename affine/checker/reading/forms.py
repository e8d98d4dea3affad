"""The readings that the code of a layer allows: of a pair of functions, a class, an instance."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from affine.checker.reading.evidence import Evidence
from affine.checker.reading.layout import LAYOUTS, Layout
from affine.checker.reading.places import Place, arrays_of
from affine.checker.reading.probes import PROBE, Arrays, call_pullback, silently
from affine.checker.reading.reading import Instances, Pass, Reading, preserve_random_state
from affine.checker.reading.signatures import Parameters, parameters, proposals
from affine.checker.reading.target import Named
from affine.checker.reading.vocabulary import WORDS, plain, role, size_role

__all__ = [
    "class_readings", "is_static", "method_passes", "methods", "one_parameters", "pair_readings",
    "then_backward",
]  # fmt: skip

_BACKWARD = ("cache", "x", "w", "b", "out", "params")
# The sizes with which a class is built to see how it keeps its weights: they must differ, and
# nobody's default may be one of them.
_SIZES = 19, 17
_NO_PASS = Pass(Named("", None))


def pair_readings(forward: Named) -> Iterator[Reading]:
    """Yield the readings of a forward function; `then_backward` completes them."""
    known = parameters(forward.value)
    needed = set(map(role, known.required))
    context = ["cache"] if "cache" in needed else []  # which it fills
    in_one = [["x", "params"]] if "params" in needed else []
    for roles in ([*"xwb"], *in_one, [*"xw"]):
        for takes in proposals(known, roles, context):
            # What is made of a context, or of both parameters in one, no name says.
            takes = replace(takes, is_named=takes.is_named and not context)
            sure = takes.is_certain and roles == [*"xwb"]
            for layout in _layouts(is_folded=roles == [*"xw"]):
                yield Reading(Pass(forward, takes), _NO_PASS, layout, is_certain=sure)


def _layouts(is_folded: bool) -> list[Layout]:
    return [each for each in LAYOUTS if each.is_folded == is_folded]


def then_backward(passes: Sequence[Pass], evidence: Evidence) -> Iterator[Reading]:
    """Yield the readings of a forward pass with each backward pass, given with any `takes`."""
    reading = evidence.reading
    # What the forward pass takes under a name is the same here.
    known = reading.forward.takes.names
    names = lambda name: role(name) if role(name) == "dout" else known.get(name) or role(name)  # noqa: E731
    has = {"cache": reading.has_cache, "params": "params" in reading.forward.takes.roles}
    optional = [one for one in _BACKWARD if has.get(one, True)]
    for one in passes:
        for takes in proposals(one_parameters(one), ["dout"], optional, names):
            certain = takes.is_certain and (evidence.is_forward_right or reading.is_certain)
            named = takes.is_named and one.named.value is not call_pullback
            backward = replace(one, takes=replace(takes, is_named=named))
            yield replace(reading, backward=backward, is_certain=certain)


def one_parameters(one: Pass) -> Parameters:
    """Return what a function takes, or a method after the instance."""
    function = one.named.value
    return parameters(function, skip=1 if one.method and not inspect.ismethod(function) else 0)


# ------------------------------------------------------------------ classes and instances


def methods(kind: Any, which: str) -> list[str]:
    """Return the methods of a class or an instance that may be its forward or backward pass."""
    # No other look-up, as every class has a `__call__`.
    bases = (kind if inspect.isclass(kind) else type(kind)).__mro__
    defined = {name: one for base in reversed(bases) for name, one in vars(base).items()}
    words = {name: name if name == "__call__" else plain(name) for name in defined}
    kinds, order = (classmethod, staticmethod), WORDS["methods"][which]
    found = [name for name, one in defined.items() if callable(one) or isinstance(one, kinds)]
    named = [name for name in found if words[name] in order]
    return sorted(named, key=lambda name: order.index(words[name]))


def is_static(kind: Any) -> bool:
    """Whether a class is only a place for its functions."""
    names = methods(kind, "forward")
    function = inspect.getattr_static(kind, names[0], None) if names else None
    return isinstance(function, (staticmethod, classmethod))


def method_passes(named: Named, which: str) -> list[Pass]:
    """Return the methods that may be the forward or the backward pass."""
    return [Pass(named.member(name), method=name) for name in methods(named.value, which)]


def class_readings(named: Named, arrays: Arrays) -> Iterator[Reading]:
    """Yield the readings of the forward passes of a class or an instance."""
    # Where backward returns dX alone, a second method may return dW and db.
    second = next(
        (
            replace(one, takes=takes)
            for one in method_passes(named, "parameter_gradients")
            for takes in proposals(one_parameters(one), ["dout"], _BACKWARD)
        ),
        None,
    )
    for instances, layouts, certain in _built(named, arrays):
        given = "xw" if layouts[0].is_folded else "xwb"
        wanted = "x" if instances.places or instances.takes.roles else given
        for one in method_passes(named, "forward"):
            for takes in proposals(one_parameters(one), wanted):
                forward, is_sure = replace(one, takes=takes), certain and takes.is_certain
                for layout in layouts:
                    yield Reading(forward, _NO_PASS, layout, instances, second, is_certain=is_sure)


_Built: TypeAlias = Iterator[tuple[Instances, Sequence[Layout], bool]]
"""Ways to make instances, with the layouts that what they hold allows, and whether it is sure."""


def _built(named: Named, arrays: Arrays) -> _Built:
    """Yield the ways to make instances of a class, or copies of an instance."""
    if not inspect.isclass(named.value):
        shapes = {tuple(array.shape) for _, array in arrays_of(named.value)}
        for a, b in sorted(each for each in shapes if len(each) == 2):
            # Its sizes D and M, in either order; or D + 1 and M, with the bias as a row.
            allowed = [(a, b), (b, a), (a - 1, b), (b - 1, a)] if a != b and 1 not in (a, b) else []
            for sizes in allowed:
                yield from _held(Instances(named, is_copy=True), named.value, sizes)
        return
    known = parameters(named.value)

    def of_sizes(roles: Sequence[str], is_sure: bool = True) -> _Built:
        for takes in proposals(known, roles, names=size_role):
            takes = replace(takes, is_certain=takes.is_certain and is_sure)
            yield from _of_sizes(Instances(named, takes), arrays)

    def of_arrays(roles: str, is_folded: bool) -> _Built:
        for takes in proposals(known, roles):
            for layout in _layouts(is_folded):
                made = Instances(named, takes)
                made = replace(made, kept=_kept(made, layout, arrays))
                yield made, [layout], takes.is_certain and not is_folded

    ways = [of_sizes("dm"), of_arrays("wb", is_folded=False)]
    if any(takes.is_certain for takes in proposals(known, "wb")):
        ways.reverse()
    ways.append(of_sizes("m"))
    # Both sizes in one, whatever its name: what it builds has to be right.
    ways += [of_sizes([both], is_sure=False) for both in ("shape", "turned")]
    if not any(map(size_role, known.names)):
        ways.append(of_arrays("w", is_folded=True))
    for way in (*ways, of_sizes("")):
        yield from way
    for takes in proposals(known, ""):  # the parameters come with every forward pass
        for is_folded in (False, True):
            yield Instances(named, takes), _layouts(is_folded), takes.is_certain and not is_folded


def _kept(instances: Instances, layout: Layout, arrays: Arrays) -> tuple[tuple[str, Place], ...]:
    """Return where an instance keeps the W and b that it was built from, if that is plain."""
    _, w, b, _ = arrays.given(PROBE)
    instance, problem = silently(lambda: instances.make(layout, w, b, _NO_PASS))
    if problem:
        return ()
    for bias in dict.fromkeys((layout.bias, "(M,)", "(1, M)")):
        for made, layouts, _ in _held(instances, instance, w.shape):
            if (layouts[0].transposed, layouts[0].bias) == (layout.transposed, bias):
                return made.places
    return ()


def _of_sizes(instances: Instances, arrays: Arrays) -> _Built:
    """Yield how a class that is built from sizes holds its parameters, at once or later."""
    d, m = _SIZES
    with preserve_random_state():
        instance, problem = silently(lambda: instances.of_sizes(d, m))
    if problem:
        return
    held = list(_held(instances, instance, _SIZES))
    yield from held
    if held:
        return
    later = replace(instances, is_lazy=True)
    for one in method_passes(instances.named, "forward"):
        for takes in proposals(one_parameters(one), "x"):
            for columns in (False, True):
                # Of more than one point: out is no bias.
                x = np.zeros((5, d) if not columns else (d, 5), arrays.dtype)
                try:
                    with preserve_random_state(), np.errstate(all="ignore"):
                        instance = instances.of_sizes(d, m)
                        replace(one, takes=takes).call(instance, {"x": arrays.inward(x)})
                except Exception:  # of the user's code
                    continue
                for made, layouts, certain in _held(later, instance, _SIZES):
                    usual = [each for each in layouts if each.columns == columns]
                    yield made, usual or layouts, certain


def _held(instances: Instances, instance: Any, sizes: tuple[int, int]) -> _Built:
    """Yield where an instance may keep W and b, with the layouts that their shapes allow."""
    d, m = sizes
    held = list(arrays_of(instance))
    for layout in (each for each in LAYOUTS if not each.columns):
        stored = layout.given(np.zeros((1, d)), np.zeros((d, m)), np.zeros(m))
        weights = _of_shape(held, stored["w"].shape, "w")
        biases = [((), True)] if layout.is_folded else _of_shape(held, stored["b"].shape, "b")
        layouts = [each for each in LAYOUTS if replace(each, columns=False) == layout]
        for (w_places, w_named), (b_places, b_named) in product(weights, biases):
            if set(w_places) & set(b_places):
                continue
            places = [("w", place) for place in w_places] + [("b", place) for place in b_places]
            # Which of several arrays is meant has to be sure: by its name, or as the only one.
            certain = (w_named or len(weights) == 1) and (b_named or len(biases) == 1)
            certain = certain and instances.takes.is_certain and not layout.is_folded
            yield replace(instances, places=tuple(places)), layouts, certain


def _of_shape(
    held: Sequence[tuple[Place, Any]], shape: tuple[int, ...], wanted: str
) -> list[tuple[tuple[Place, ...], bool]]:
    """Return the arrays of a shape, each with all of its places; those named so come first."""
    arrays: dict[int, list[Place]] = {}
    other = "wb".replace(wanted, "")
    for place, array in held:
        if tuple(array.shape) == shape and place.role != other:
            arrays.setdefault(id(array), []).append(place)
    found = [(tuple(each), any(place.role == wanted for place in each)) for each in arrays.values()]
    return sorted(found, key=lambda each: not each[1])
