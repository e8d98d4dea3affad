"""Memory that a layer and its caller both see."""

import builtins
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Memory", "copied", "extent"]

Array = NDArray[Any]

# A target may run beside this code: what it does to the builtins must not reach it.
globals()["__builtins__"] = dict(vars(builtins))


class Memory:
    """What a property about memory may do with arguments and results of a layer.

    A property that is not about memory needs none of it: it passes arrays and judges results.

    Examples:
        >>> memory, rows = Memory(), np.broadcast_to(np.ones(3), (2, 3))
        >>> lent = memory.lend(rows)
        >>> lent.strides, lent.flags.writeable, memory.sharing([rows, lent, lent[1:]])
        ((0, 8), False, [(1, 2)])
    """

    def lend(self, array: Array) -> Array:
        """Return a copy that the layer is given itself: what it writes there is seen here.

        It lies in memory as the array does: with its strides, read-only or not.
        """
        before, size, strides = extent(array)
        # Bytes of ones are NaN in every format: whoever reads past the strides shows it.
        buffer = bytearray(b"\xff" * size)
        lent: Array = np.ndarray(array.shape, array.dtype, buffer, before, strides)
        lent[...] = array
        lent.flags.writeable = array.flags.writeable
        return lent

    def read(self, result: Array) -> Array:
        """Return what a result of an earlier call holds by now."""
        return copied(result)

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


def copied(result: Array) -> Array:
    """Return a copy of an array; what is not an array is judged as it is."""
    return np.array(result) if isinstance(result, np.ndarray) else result


def extent(array: Array) -> tuple[int, int, tuple[int, ...] | None]:
    """Return the bytes before the first entry, the bytes in all, and the strides of a like copy.

    Strides of None are those of C order.
    """
    if array.flags.c_contiguous or array.size == 0:
        return 0, array.nbytes, None
    step, strides = array.itemsize, array.strides
    if any(stride % step for stride in strides):
        return 0, array.nbytes, None
    reach = [(length - 1) * stride for length, stride in zip(array.shape, strides, strict=True)]
    low, high = (sum(limit(way, 0) for way in reach) for limit in (min, max))
    return -low, high - low + step, strides
