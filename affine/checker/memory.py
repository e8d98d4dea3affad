"""One block of memory that two processes map, and how arrays lie in it, also in words."""

import builtins
import mmap
import os
import sys
import tempfile
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

import numpy as np

from affine.memory import Array, extent

View = tuple[str, tuple[int, ...], int, tuple[int, ...] | None, bool]
"""How an array lies in a buffer: dtype, shape, offset, strides, writeable."""

_ALIGNED = 64
_SIZE_OF_A_BLOCK = 2**28  # bytes; what is never touched takes no memory

# The target runs beside this code: what it does to NumPy and the builtins must not reach it.
globals()["__builtins__"] = dict(vars(builtins))
_ndarray = np.ndarray


class Arena:
    """Arrays one behind the other in a part of a buffer; `free` is where the next one goes."""

    def __init__(self, buffer: Any, start: int, end: int) -> None:
        self.buffer, self._start, self._end = buffer, start, end
        self.free = start

    def place(self, array: Array) -> View:
        """Copy an array into the buffer, as it lies in memory, and return where it is."""
        before, size, strides = extent(array)
        start, end = self.free, self.free + size
        if end > self._end:
            raise MemoryError(f"an array of shape {array.shape} does not fit beside the others")
        self.free = -(-end // _ALIGNED) * _ALIGNED
        view = array.dtype.str, array.shape, start + before, strides, array.flags.writeable
        if size > array.nbytes:
            self.buffer[start:end] = b"\xff" * size  # NaN: whoever reads past the strides shows it
        array_at(self.buffer, *view[:4], True)[...] = array
        return view

    def clear(self) -> None:
        """Begin at the start again."""
        self.free = self._start


def array_at(
    buffer: Any, dtype: str, shape: Sequence[int], offset: int, strides: Any, writeable: bool
) -> Array:
    """Return the array that lies in a buffer as described."""
    array: Array = _ndarray(shape, dtype, buffer, offset, strides)
    if not writeable:
        array.flags.writeable = False
    return array


def layout(array: Array) -> str:
    """Return how an array lies in memory, `""` for C order that can be written to."""
    return ", ".join(filter(None, [order(array), "" if array.flags.writeable else "read-only"]))


def order(array: Array) -> str:
    """Return how its entries follow each other in memory, `""` for C order."""
    # One entry is always in C order, though it may lie in a larger array.
    if array.flags.c_contiguous and (
        array.size != 1 or all(abs(stride) <= array.itemsize for stride in array.strides)
    ):
        return ""
    if array.flags.f_contiguous and array.size > 1:
        return "Fortran order"
    if array.strides[-1] == array.itemsize and array.strides[0] > array.shape[-1] * array.itemsize:
        return "padded rows"
    backwards = array[(slice(None, None, -1),) * array.ndim]
    if backwards.flags.c_contiguous and array.size > 1:
        return "reversed"
    return "zero stride" if 0 in array.strides else "strided"


def create_block() -> tuple[mmap.mmap, int | str]:
    """Return a new block, and what another process opens it by: a descriptor or a name.

    It has no file that could stay behind: it ends with the last process that maps it.
    """
    if sys.platform == "win32":
        name = f"block-{token_hex(8)}"
        return mmap.mmap(-1, _SIZE_OF_A_BLOCK, tagname=name), name
    if hasattr(os, "memfd_create"):
        import fcntl

        descriptor = os.memfd_create("block", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(descriptor, _SIZE_OF_A_BLOCK)
        # Else the other process could cut the block short, and a look at it would end this one.
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    else:
        with tempfile.TemporaryFile() as file:
            file.truncate(_SIZE_OF_A_BLOCK)
            descriptor = os.dup(file.fileno())
    return mmap.mmap(descriptor, _SIZE_OF_A_BLOCK), descriptor


def open_block(handle: int | str) -> mmap.mmap:
    """Return the block that another process created, by its handle."""
    if sys.platform == "win32":
        return mmap.mmap(-1, _SIZE_OF_A_BLOCK, tagname=str(handle))
    block = mmap.mmap(int(handle), _SIZE_OF_A_BLOCK)
    os.close(int(handle))
    return block
