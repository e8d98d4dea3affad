"""Calls that share nothing: each gets copies of its arguments, and its results are copied.

Without it a layer that reuses a buffer, or writes to an argument, would fail a property about
values for a reason that has nothing to do with it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from affine.layer import LIKE_VJP, Array, Call, Layer, Results, through

__all__ = ["isolated"]


def isolated(layer: Layer) -> Layer:
    """Return the layer with copies made at every call, on the way in and on the way out.

    Examples:
        >>> def vjp(x, w, b):
        ...     x *= 2
        ...     return x, lambda dout: (dout, w, b)
        >>> x = np.ones((1, 1))
        >>> isolated(Layer("writes", vjp)).forward(x, x, np.ones(1)), x
        (array([[2.]]), array([[1.]]))
    """
    if layer.is_private:
        return layer
    copying = {name: _copying(one) for name, one in layer.variants.items() if name not in LIKE_VJP}
    return through(replace(layer, variants={**layer.variants, **copying}), _copies)


def _copies(call: Call) -> tuple[Call, Callable[[Results], Results]]:
    return [array.copy() for array in call], lambda results: {
        name: _own(result) for name, result in results.items()
    }


def _copying(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Array) -> Any:
        results = function(*(argument.copy() for argument in arguments))
        return tuple(map(_own, results)) if isinstance(results, tuple) else _own(results)

    return call


def _own(result: Any) -> Any:
    """Return a copy of an array; what is no array is judged as it is."""
    return np.array(result) if isinstance(result, np.ndarray) else result
