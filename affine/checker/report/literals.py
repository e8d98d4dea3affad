"""Arrays as plain NumPy code: the values, the dtype, and how they lie in memory."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import numpy as np

from affine.layer import Array

__all__ = ["layout", "literal"]

_WIDTH = 80
_SMALL = 16
_FEW = 12


def layout(array: Array) -> str:
    """Return how an array lies in memory, `""` for C order that can be written to.

    Examples:
        >>> layout(np.ones((2, 2))), layout(np.ones((2, 2), order="F"))
        ('', 'Fortran order')
        >>> layout(np.broadcast_to(np.ones(3), (2, 3)))
        'zero stride, read-only'
    """
    if _is_plain(array):
        order = ""
    elif array.flags.f_contiguous and array.size > 1:
        order = "Fortran order"
    elif _backwards(array).flags.c_contiguous and array.size > 1:
        order = "reversed"
    else:
        order = "zero stride" if 0 in array.strides else "strided"
    return ", ".join(filter(None, [order, "" if array.flags.writeable else "read-only"]))


def literal(name: str, array: Any) -> list[str]:
    """Return lines of code that make the array, also its dtype and memory layout.

    Examples:
        >>> literal("x", np.ones((2, 1), "f4"))
        ['x = np.array([[1.0], [1.0]], dtype=np.float32)']
        >>> literal("x", np.ones((2, 2), order="F"))[1]
        'x = np.asfortranarray(x)'
        >>> literal("x", np.eye(129)[:, :1])[1]
        'x[0, 0] = 1.0'
    """
    array = _floating(array)
    return [*_values(name, array), *_layout(name, array)]


def _floating(array: Any) -> Array:
    """Return the array; exact numbers become the nearest float64."""
    found: Array = np.asarray(array)
    return found if found.dtype.kind == "f" else found.astype(np.float64)


def _values(name: str, array: Array) -> Iterator[str]:
    dtype = _dtype(array)
    shape = repr(array.shape)
    filled = np.count_nonzero(array)
    if array.size > _SMALL and (array == array.flat[0]).all():
        yield f"{name} = np.full({shape}, {_number(array.flat[0])}{dtype})"
    elif array.size == 0 or (array.size > _SMALL and filled <= _FEW):
        yield f"{name} = np.zeros({shape}{dtype})"
        for index in np.argwhere(array):
            place = ", ".join(map(str, index))
            yield f"{name}[{place}] = {_number(array[tuple(index)])}"
    else:
        written = f"{name} = np.array({_nested(array)}{dtype})"
        yield from wrap(
            written,
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
    if array.ndim == 0:
        return _number(array[()])
    return f"[{', '.join(map(_nested, array))}]"


def _number(value: Any) -> str:
    """Return a number with every digit that it needs, NaN and infinity by their NumPy names."""
    if not np.isfinite(value):
        return str(float(value)).replace("nan", "np.nan").replace("inf", "np.inf")
    # Python has no long double; NumPy reads one from text.
    if value.dtype.itemsize > 8:
        return repr(str(value))
    short = str(value)
    return short if value.dtype.type(float(short)) == value else repr(float(value))


def _layout(name: str, array: Array) -> Iterator[str]:
    lines = [] if _is_plain(array) else list(_arranged(name, array))
    yield from lines
    if not (array.flags.writeable or any("broadcast_to" in line for line in lines)):
        yield f"{name}.flags.writeable = False"


def _arranged(name: str, array: Array) -> Iterator[str]:
    whole = ", ".join([":"] * array.ndim)
    back = whole.replace(":", "::-1")
    if array.flags.f_contiguous and array.size > 1:
        yield f"{name} = np.asfortranarray({name})"
    elif _backwards(array).flags.c_contiguous and array.size > 1:
        yield f"{name} = {name}[{back}].copy()[{back}]"
    elif _is_broadcast(array):
        yield f"{name} = np.broadcast_to({name}[:1], {name}.shape)"
    else:
        yield from _strided(name, array)


def _strided(name: str, array: Array) -> Iterator[str]:
    """A view of a larger array, with NaN before and between its entries."""
    *rows, step = (stride // array.itemsize for stride in array.strides)
    used = array.shape[-1] * step
    if step > 0 and all(row >= used for row in rows) and len(rows) < 2:
        part = ", ".join([*":" * len(rows), f"{step - 1}:{used}:{step}"])
        yield f"memory = np.full({(*array.shape[:-1], *(rows or [used]))}, np.nan{_dtype(array)})"
        yield f"memory[{part}] = {name}"
        yield f"{name} = memory[{part}]"
    else:
        yield from _view(name, array)


def _view(name: str, array: Array) -> Iterator[str]:
    """A view with any strides."""
    reach = [
        (size - 1) * stride // array.itemsize
        for size, stride in zip(array.shape, array.strides, strict=True)
    ]
    low, high = (sum(limit(step, 0) for step in reach) for limit in (min, max))
    yield f"memory = np.full({high - low + 1}, np.nan{_dtype(array)})"
    start = f"memory[{-low}:]" if low else "memory"
    yield f"view = np.lib.stride_tricks.as_strided({start}, {array.shape}, {array.strides})"
    yield f"view[...] = {name}"
    yield f"{name} = view"


def _is_plain(array: Array) -> bool:
    """Whether it is in C order; one entry always is, though it may lie in a larger array."""
    alone = array.size != 1 or all(abs(stride) <= array.itemsize for stride in array.strides)
    return array.flags.c_contiguous and alone


def _is_broadcast(array: Array) -> bool:
    rows = np.broadcast_to(array[:1].copy(), array.shape)
    return array.strides == rows.strides and not array.flags.writeable


def _backwards(array: Array) -> Array:
    return array[(slice(None, None, -1),) * array.ndim]
