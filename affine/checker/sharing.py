"""Calls of several properties, made together and once: each message to another process costs."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from affine.layer import Call, Case, Layer, OutOfTime, Results
from affine.properties import Property
from affine.properties.property import isolated

__all__ = ["sharing_calls"]

_Key = tuple[tuple[str, tuple[int, ...], bytes], ...]


def sharing_calls(layer: Layer, planned: Iterable[tuple[Property, Case]] = ()) -> Layer:
    """Return the layer with the results of each call kept: one with equal arguments is not made.

    For properties that compare results with formulas, not with those of another such call. The
    calls with which the planned ones begin are made at once.
    """
    layer, kept = isolated(layer), dict[_Key, Results]()

    def batch(calls: Sequence[Call]) -> Iterator[Results]:
        keys = [_key(call) for call in calls]
        missing = {key: call for key, call in zip(keys, calls, strict=True) if key not in kept}
        made = zip(missing, layer.results_of(missing.values()), strict=True)
        for key in keys:
            while key not in kept:
                done, results = next(made)
                kept[done] = results
                kept.setdefault(done[:3], {"out": results["out"]})
            yield dict(kept[key])

    if layer.batch is not None:
        # What raises, or comes too late, does so once more where its turn comes.
        with suppress(Exception, OutOfTime):
            for _ in batch(_first_calls(layer, planned)):
                pass
    return replace(layer, batch=batch, is_private=True)


def _key(call: Call) -> _Key:
    return tuple((array.dtype.str, array.shape, array.tobytes()) for array in call)


class _Noted(Exception):
    """Ends a property at its first call."""


def _first_calls(layer: Layer, planned: Iterable[tuple[Property, Case]]) -> list[Call]:
    """Return the calls with which properties begin, without making them."""
    noted: list[Call] = []

    def note(calls: Sequence[Call]) -> Iterator[Results]:
        noted.extend(calls)
        raise _Noted

    def refuse(*_: object) -> Any:
        raise _Noted

    blind = dict.fromkeys(layer.variants, refuse)
    noting = replace(layer, vjp=refuse, variants=blind, batch=note, is_private=True)
    for tested, case in planned:
        with suppress(Exception), np.errstate(all="ignore"):
            tested.check(noting, case)
    return noted
