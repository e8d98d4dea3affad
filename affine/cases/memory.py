"""Memory: how an array can lie in it."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.lib.stride_tricks import as_strided

from affine.layer import Array

__all__ = ["LAYOUTS"]


def _every_second(array: Array) -> Array:
    # NaN between the entries: whoever reads past the strides shows it.
    parent = np.full([2 * side + 1 for side in array.shape], np.nan, array.dtype)
    view = parent[(slice(1, None, 2),) * array.ndim]
    view[...] = array
    return view


def _reversed(array: Array) -> Array:
    backwards = (slice(None, None, -1),) * array.ndim
    return np.ascontiguousarray(array[backwards])[backwards]


def _broadcast(array: Array) -> Array:
    # A zero stride means equal rows, so this layout chooses the values too. Writable, as all the
    # others: whether a layer writes is the matter of another property.
    return as_strided(array[:1].copy(), array.shape, (0, *array.strides[1:]), writeable=True)


LAYOUTS: Mapping[str, Callable[[Array], Array]] = {
    "C": lambda array: array.copy(),
    "Fortran": lambda array: array.copy(order="F"),
    "transposed view": lambda array: np.ascontiguousarray(array.T).T,
    "strided": _every_second,
    "reversed": _reversed,
    "broadcast": _broadcast,
}
"""How an array can lie in memory: name and the function that lays it out."""
