"""Memory that a layer and its caller both see, in one process or in two."""

import builtins
import mmap
import os
import sys
import tempfile
from collections.abc import Sequence
from itertools import combinations
from secrets import token_hex
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arena", "Memory", "View", "create_block", "laid_alike", "look", "open_block"]

Array = NDArray[Any]
View = tuple[str, tuple[int, ...], int, tuple[int, ...] | None, bool]
"""How an array lies in a buffer: dtype, shape, offset, strides, writeable."""

_ALIGNED = 64
_SIZE_OF_A_BLOCK = 2**28  # bytes; what is never touched takes no memory

# A target may run beside this code: what it does to NumPy and the builtins must not reach it.
globals()["__builtins__"] = dict(vars(builtins))
_ndarray = np.ndarray


class Memory:
    """What a property about memory may do with arguments and results of a layer.

    A property that is not about memory needs none of it: it passes arrays and judges results.

    Examples:
        >>> memory, x = Memory(), np.zeros(3)
        >>> lent = memory.lend(x)
        >>> memory.sharing([x, lent, lent[1:]])
        [(1, 2)]
    """

    def lend(self, array: Array) -> Array:
        """Return a copy that the layer is given itself: what it writes there is seen here."""
        return laid_alike(array)

    def read(self, result: Array) -> Array:
        """Return what a result of an earlier call holds by now."""
        return np.array(result) if isinstance(result, np.ndarray) else result

    def overwrite(self, results: Sequence[Array]) -> None:
        """Fill the results of an earlier call with NaN, where they can be written to."""
        for result in results:
            if isinstance(result, np.ndarray) and result.flags.writeable:
                result.fill(np.nan)

    def sharing(self, arrays: Sequence[Array]) -> list[tuple[int, int]]:
        """Return which two of these share memory, lent arguments and results."""
        pairs = combinations(range(len(arrays)), 2)
        return [(i, k) for i, k in pairs if np.may_share_memory(arrays[i], arrays[k])]

    def release(self) -> None:
        """End what was lent and returned so far; nobody looks at it any more."""


def laid_alike(array: Array) -> Array:
    """Return a copy that lies in memory as the array does: with its strides, read-only or not.

    Examples:
        >>> rows = np.broadcast_to(np.ones(3), (2, 3))
        >>> copied = laid_alike(rows)
        >>> copied.strides, copied.flags.writeable, np.may_share_memory(copied, rows)
        ((0, 8), False, False)
    """
    size = extent(array)[1]
    # Bytes of ones are NaN in every format: whoever reads past the strides shows it.
    arena = Arena(bytearray(b"\xff" * size), 0, size)
    return look(arena.buffer, *arena.place(array))


def extent(array: Array) -> tuple[int, int, tuple[int, ...] | None]:
    """Return the bytes before the first entry, the bytes in all, and the strides of a like copy.

    Strides of None are those of C order.

    Examples:
        >>> extent(np.arange(6.0)[::-2]), extent(np.ones(3))
        ((32, 40, (-16,)), (0, 24, None))
    """
    if array.flags.c_contiguous or array.size == 0:
        return 0, array.nbytes, None
    step, strides = array.itemsize, array.strides
    if any(stride % step for stride in strides):
        return 0, array.nbytes, None
    reach = [(length - 1) * stride for length, stride in zip(array.shape, strides, strict=True)]
    low, high = (sum(limit(one, 0) for one in reach) for limit in (min, max))
    return -low, high - low + step, strides


class Arena:
    """Arrays one behind the other in a part of a buffer.

    Attributes:
        buffer: The buffer.
        free: Where the next one goes.

    Examples:
        >>> arena = Arena(bytearray(256), 0, 256)
        >>> view = arena.place(np.eye(2)[::-1])
        >>> view
        ('<f8', (2, 2), 16, (-16, 8), True)
        >>> look(arena.buffer, *view)
        array([[0., 1.],
               [1., 0.]])
    """

    def __init__(self, buffer: Any, start: int, end: int) -> None:
        self.buffer, self._start, self._end = buffer, start, end
        self.free = start

    def place(self, array: Array) -> View:
        """Copy an array into the buffer, as it lies in memory, and return where it is.

        Raises:
            MemoryError: There is no place left.
        """
        before, size, strides = extent(array)
        start, end = self.free, self.free + size
        if end > self._end:
            raise MemoryError(f"an array of shape {array.shape} does not fit beside the others")
        self.free = -(-end // _ALIGNED) * _ALIGNED
        view = array.dtype.str, array.shape, start + before, strides, array.flags.writeable
        if strides is None:
            self.buffer[start:end] = array.tobytes()
            return view
        if size > array.nbytes:
            self.buffer[start:end] = b"\xff" * size  # NaN: see `laid_alike`
        look(self.buffer, *view[:4], True)[...] = array
        return view

    def clear(self) -> None:
        """Begin at the start again."""
        self.free = self._start


def look(
    buffer: Any, dtype: str, shape: Sequence[int], offset: int, strides: Any, writeable: bool
) -> Array:
    """Return the array that lies in a buffer as described."""
    array: Array = _ndarray(shape, dtype, buffer, offset, strides)
    if not writeable:
        array.flags.writeable = False
    return array


# ------------------------------------------------------------------ of two processes


def create_block() -> tuple[mmap.mmap, int | str]:
    """Return a new block, and what another process opens it by: a descriptor or a name.

    It has no file that could stay behind: it ends with the last process that maps it.

    Examples:
        >>> block, handle = create_block()
        >>> other = open_block(os.dup(handle))
        >>> block[:5] = b"shown"
        >>> other[:5]
        b'shown'
    """
    if sys.platform == "win32":
        name = f"block-{token_hex(8)}"
        return mmap.mmap(-1, _SIZE_OF_A_BLOCK, tagname=name), name
    descriptor = _unnamed_file()
    return mmap.mmap(descriptor, _SIZE_OF_A_BLOCK), descriptor


def _unnamed_file() -> int:
    if hasattr(os, "memfd_create"):
        import fcntl

        descriptor = os.memfd_create("block", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(descriptor, _SIZE_OF_A_BLOCK)
        # Else the other process could cut the block short, and a look at it would end this one.
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        return descriptor
    with tempfile.TemporaryFile() as file:
        file.truncate(_SIZE_OF_A_BLOCK)
        return os.dup(file.fileno())


def open_block(handle: int | str) -> mmap.mmap:
    """Return the block that another process created, by its handle."""
    if sys.platform == "win32":
        return mmap.mmap(-1, _SIZE_OF_A_BLOCK, tagname=str(handle))
    block = mmap.mmap(int(handle), _SIZE_OF_A_BLOCK)
    os.close(int(handle))
    return block
