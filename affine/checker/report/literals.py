"""Arrays as plain NumPy code: the values, the dtype, and how they lie in memory."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import numpy as np

from affine.checker.report.words import code_number
from affine.layer import Array

__all__ = ["layout", "literal"]

_WIDTH = 80
_SMALL = 16
_FEW = 12


def layout(array: Array) -> str:
    """Return how an array lies in memory, `""` for C order that can be written to."""
    return ", ".join(filter(None, [_order(array), "" if array.flags.writeable else "read-only"]))


def _order(array: Array) -> str:
    # One entry is always in C order, though it may lie in a larger array.
    if array.flags.c_contiguous and (
        array.size != 1 or all(abs(stride) <= array.itemsize for stride in array.strides)
    ):
        return ""
    if array.flags.f_contiguous and array.size > 1:
        return "Fortran order"
    if array[_reversal(array)].flags.c_contiguous and array.size > 1:
        return "reversed"
    return "zero stride" if 0 in array.strides else "strided"


def _reversal(array: Array) -> tuple[slice, ...]:
    return (slice(None, None, -1),) * array.ndim


def literal(name: str, array: Any) -> list[str]:
    """Return lines of code that make the array, also its dtype and memory layout."""
    array = np.asarray(array)
    if array.dtype.kind != "f":  # exact numbers
        array = array.astype(np.float64)
    return [*_values(name, array), *_layout(name, array)]


def _values(name: str, array: Array) -> Iterator[str]:
    dtype, shape = _dtype(array), repr(array.shape)
    if array.size > _SMALL and (array == array.flat[0]).all():
        yield f"{name} = np.full({shape}, {code_number(array.flat[0])}{dtype})"
    elif array.size == 0 or (array.size > _SMALL and np.count_nonzero(array) <= _FEW):
        yield f"{name} = np.zeros({shape}{dtype})"
        for index in np.argwhere(array):
            place = ", ".join(map(str, index))
            yield f"{name}[{place}] = {code_number(array[tuple(index)])}"
    else:
        yield from wrap(
            f"{name} = np.array({_nested(array)}{dtype})",
            _WIDTH,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _dtype(array: Array) -> str:
    if array.dtype == np.float64:
        return ""
    return f", dtype=np.{'longdouble' if array.dtype.itemsize > 8 else array.dtype.name}"


def _nested(array: Array) -> str:
    return f"[{', '.join(map(_nested, array))}]" if np.ndim(array) else code_number(array[()])


def _layout(name: str, array: Array) -> Iterator[str]:
    order, is_locked = _order(array), not array.flags.writeable
    if order == "Fortran order":
        yield f"{name} = np.asfortranarray({name})"
    elif order == "reversed":
        back = ", ".join(["::-1"] * array.ndim)
        yield f"{name} = {name}[{back}].copy()[{back}]"
    elif order == "zero stride" and is_locked and _is_broadcast(array):
        yield f"{name} = np.broadcast_to({name}[:1], {name}.shape)"
        is_locked = False  # it is already
    elif order:
        yield from _view(name, array)
    if is_locked:
        yield f"{name}.flags.writeable = False"


def _is_broadcast(array: Array) -> bool:
    return array.strides == np.broadcast_to(array[:1].copy(), array.shape).strides


def _view(name: str, array: Array) -> Iterator[str]:
    """Yield a view of a larger array, with NaN before and between its entries."""
    *rows, step = (stride // array.itemsize for stride in array.strides)
    used = array.shape[-1] * step
    if step > 0 and all(row >= used for row in rows) and len(rows) < 2:
        part = ", ".join([*":" * len(rows), f"{step - 1}:{used}:{step}"])
        yield f"memory = np.full({(*array.shape[:-1], *(rows or [used]))}, np.nan{_dtype(array)})"
        yield f"memory[{part}] = {name}"
        yield f"{name} = memory[{part}]"
        return
    ends = [(size - 1) * stride for size, stride in zip(array.shape, array.strides, strict=True)]
    low, high = (sum(limit(end, 0) for end in ends) // array.itemsize for limit in (min, max))
    start = f"memory[{-low}:]" if low else "memory"
    yield f"memory = np.full({high - low + 1}, np.nan{_dtype(array)})"
    yield f"view = np.lib.stride_tricks.as_strided({start}, {array.shape}, {array.strides})"
    yield f"view[...] = {name}"
    yield f"{name} = view"
