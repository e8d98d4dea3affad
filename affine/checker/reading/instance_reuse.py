"""Instances that live on: they run other batches, and their parameters are updated between."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from affine.checker.reading.class_spec import ClassSpec, passes, undisturbed
from affine.checker.reading.conversion import VJP
from affine.checker.reading.parameter_paths import ParameterPath, public_arrays
from affine.checker.reading.source import Source
from affine.layer import Array, Pullback

__all__ = ["Run", "after_update", "on_reused_instance", "own_places", "then_next_batch", "warm_up"]

Run: TypeAlias = Callable[[Any], tuple[Any, Pullback]]
"""From x to out and the backward pass, on one and the same instance."""

# Enough for a mistake that waits for the third or fourth batch.
_BATCHES = 8


def warm_up(run: Run, x: Any) -> None:
    """Run other batches, both passes of each: one data point, and as many as x has, in turn."""
    for number in range(_BATCHES):
        # No call of NumPy's: the arrays may be another library's.
        out, pullback = run((x if number % 2 else x[:1]) + 1)
        pullback(out + 1)


def on_reused_instance(built: ClassSpec) -> VJP:
    """Return the layer's vjp through an instance that has run other batches before.

    A forward pass that takes the parameters takes others for the batches before.
    """
    step = 1 if len(built.takes) == 3 else 0

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = built.make(w, b)
        warm_up(lambda batch: passes(built, layer, batch, w + step, b + step), x)
        return passes(built, layer, x, w, b)

    return vjp


def then_next_batch(built: ClassSpec) -> VJP:
    """Return the layer's vjp through an instance that runs another batch after this one."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = built.make(w, b)
        out, pullback = passes(built, layer, x, w, b)

        def pulled(dout: Array) -> tuple[Array, Array, Array]:
            gradients = pullback(dout)
            _, later = passes(built, layer, x + 1, w, b)
            later(dout + 1)
            return gradients

        return out, pulled

    return vjp


def after_update(built: ClassSpec, places: Sequence[ParameterPath]) -> VJP:
    """Return the layer's vjp through an instance whose parameters were others at first.

    Args:
        built: How instances are made and called.
        places: Where an instance keeps its parameters.
    """

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = built.make(w + 1, b + 1)
        warm_up(lambda batch: passes(built, layer, batch, w, b), x)
        _update(layer, built.make(w, b), places)
        return passes(built, layer, x, w, b)

    return vjp


def _update(layer: Any, fresh: Any, places: Sequence[ParameterPath]) -> None:
    """Do what `layer.W -= …` does: change the array in place, and put it back.

    An array that cannot be changed is replaced, as that statement does it, in every place.
    """
    for place in places:
        held = place.get(layer)
        held += place.get(fresh) - held
        place.put(layer, held)


# ------------------------------------------------------------------ where it keeps them


def own_places(built: ClassSpec) -> tuple[ParameterPath, ...]:
    """Return where instances keep the parameters that a user updates; none if that is not plain.

    Weights and bias must each be one array that anybody may write to. A class with a method of
    its own that updates them, and something else with them, is not updated behind its back.
    """
    if len(built.takes) == 3:
        return ()
    generator = np.random.default_rng(0)
    first, other = ((generator.normal(size=(3, 2)), generator.normal(size=2)) for _ in range(2))
    try:
        with undisturbed():
            layer, fresh = built.make(*first), built.make(*other)
            places = tuple(_found(layer, *first))
            _update(layer, fresh, places)
            is_seen = all(np.allclose(one.get(layer), one.get(fresh)) for one in places)
    except Exception:
        return ()
    attributes = {str(place.path[0]) for place in places}
    return places if is_seen and not _has_own_update(built, attributes) else ()


def _found(layer: Any, w: Array, b: Array) -> Iterator[ParameterPath]:
    """Yield every place of the weights and of the bias; raise if one of the two is not plain."""
    arrays = list(public_arrays(layer))
    for given, wanted in ((w, "w"), (b, "b")):
        shapes = {given.shape, given.shape[::-1], (1, *given.shape)}
        fit = [(place, array) for place, array in arrays if tuple(array.shape) in shapes]
        named = [one for one in fit if one[0].role == wanted]
        named = named or [one for one in fit if one[1] is given]
        if not named or any(array is not named[0][1] for _, array in named):
            raise LookupError(wanted)
        yield from (place for place, array in fit if array is named[0][1])


def _has_own_update(built: ClassSpec, own: set[str]) -> bool:
    kind = built.named.value if inspect.isclass(built.named.value) else type(built.named.value)
    passes = {"__init__", built.forward, built.backward}
    return any(
        Source(method).changes_with(own)
        for owner in kind.__mro__
        for name, method in vars(owner).items()
        if name not in passes and inspect.isfunction(method)
    )
