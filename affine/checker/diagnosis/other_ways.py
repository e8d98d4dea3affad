"""Other ways to call a layer: compiled, on a stack, after itself, frozen operands, in float16."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from affine.checker.diagnosis.examination import ProbeSession
from affine.layer import VJP, Case, Layer
from affine.properties import Property
from affine.properties.frameworks import FROZEN, interleaved


def other_ways(
    layer: Layer, tested: Property | None, case: Case | None
) -> Iterator[tuple[str, ProbeSession]]:
    """Yield the layer as the property calls it, or in the format of the case, and the words."""
    needs = tested.needs if tested else ""
    variant = layer.variants.get(needs)
    if variant and needs == "compiled":
        yield "Compiled: ", _called_as(layer, variant)
    elif variant and needs == "vmapped":
        yield "Vectorised: ", _called_as(layer, partial(_passes_of_one, variant), in_one_call=True)
    elif variant and needs == "with_leading_axes":
        for words, stacked in _STACKS.items():
            yield words, _called_as(layer, partial(_passes_of_stack, variant, stacked))
    elif variant and needs == "with_frozen_operands":
        for words, needed in FROZEN.items():
            vjp = partial(_frozen_passes, variant, needed)
            yield f"Where {words}, ", _called_as(layer, vjp, in_one_call=True)
    else:
        if tested and "composition" in tested.equations:
            vjp = partial(_passes_after_a_call, layer)
            yield "In a call whose X is the out of the call before, ", _called_as(layer, vjp)
        formats = {array.dtype.name for array in case.primal} if case is not None else set()
        if not layer.dtypes and len(formats) == 1 and formats < {"float32", "float16"}:
            name = formats.pop()
            yield f"With arguments in {name}, ", ProbeSession(layer, dtype=name)


def _called_as(layer: Layer, vjp: VJP, in_one_call: bool = False) -> ProbeSession:
    other = replace(layer, vjp=vjp, batch=None, compiles_per_shape=True)
    return ProbeSession(other, in_one_call=in_one_call)


def _passes_of_one(variant: Callable[..., Any], x: Any, w: Any, b: Any) -> Any:
    """Return out and the pullback of a batch of one, as a vectorised layer takes many."""
    out = variant(x[None], w, b, np.zeros((1, len(x), len(b)), x.dtype))[0]
    return out[0], lambda g: [each[0] for each in variant(x[None], w, b, g[None])[1:]]


# The arrays as the first of a stack: of one, and of two whose rows lie in turn.
_STACKS: Mapping[str, Callable[[Any], Any]] = {
    "With leading axes of x: ": lambda array: array[None],
    "With a leading axis of x that is not the first one in memory: ": lambda array: interleaved(
        np.stack([array, 0 * array])
    ),
}


def _passes_of_stack(
    variant: Callable[..., Any], stacked: Callable[[Any], Any], x: Any, w: Any, b: Any
) -> Any:
    """Return out and the pullback of x and dout, of which a stack holds nothing else but zeros."""
    out, pullback = variant(stacked(x), w, b)

    def backward(dout: Any) -> Any:
        dx, *others = pullback(stacked(dout))
        return np.take(dx, 0, 0), *others

    return np.take(out, 0, 0), backward


def _passes_after_a_call(layer: Layer, x: Any, w: Any, b: Any) -> Any:
    """Return out and the pullback where X is what the call before has returned."""
    exchange = np.eye(x.shape[1], dtype=x.dtype)[::-1]
    before, _ = layer.vjp(x[:, ::-1].copy(), exchange.copy(), np.zeros(x.shape[1], x.dtype))
    return layer.vjp(before if np.array_equal(before, x) else x, w, b)


def _frozen_passes(
    variant: Callable[..., Any], needed: Sequence[bool], x: Any, w: Any, b: Any
) -> Any:
    """Return out and the pullback where some operands are frozen; their gradients are as ever."""

    def passes(dout: Any, needed: Sequence[bool]) -> Any:
        return variant(x, w, b, dout, np.array(needed))

    def backward(dout: Any) -> Any:
        both = zip(passes(dout, needed)[1:], passes(dout, (True,) * 3)[1:], needed, strict=True)
        return [frozen if is_needed else usual for frozen, usual, is_needed in both]

    return passes(np.zeros((len(x), len(b)), x.dtype), needed)[0], backward
