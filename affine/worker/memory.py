"""Two memories kept in step: pieces of memory that exist in both processes.

An array travels as the piece it lies in and where it lies there. Before a call the pieces that
changed here are written there, after it the other way around. So whoever writes to an array,
the caller or the layer, the other one sees it, and arrays that share memory there share it here.
"""

import builtins
import ctypes
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple
from weakref import ref

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_ARRAY", "Lying", "Memory", "Piece", "plain", "split"]

# The target runs beside this code: what it does to the builtins must not reach the memory.
globals()["__builtins__"] = dict(vars(builtins))

Array = NDArray[Any]

LARGEST_ARRAY = 2**26
"""Bytes of the largest result that is handed on."""

_LARGEST_ROOT = 2**18  # bytes; of a larger one only what an array spans is kept in step

_as_plain = np.ndarray.view
_base_of = np.ndarray.base.__get__
_ndarray, _empty, _uint8, _asarray = np.ndarray, np.empty, np.uint8, np.asarray

_bytes_at = ctypes.PyDLL(None)["PyBytes_FromStringAndSize"]
_bytes_at.restype, _bytes_at.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_ssize_t)
_write_at = ctypes.memmove


class Lying(NamedTuple):
    """How an array lies in a piece of memory: all that is needed to build it again."""

    piece: int
    dtype: str
    shape: Sequence[int]
    strides: Sequence[int]
    offset: int
    writeable: bool


class Piece:
    """One piece of memory, by address, and the bytes that both processes last agreed on."""

    __slots__ = ("made", "owner", "size", "start", "synced")

    def __init__(self, start: int, size: int, owner: Callable[[], Any]) -> None:
        self.start, self.size, self.owner = start, size, owner
        self.synced: bytes | None = None
        self.made = False

    def news(self) -> bytes | None:
        """Return the bytes if they changed since both sides agreed."""
        now: bytes = _bytes_at(self.start, self.size)
        if now == self.synced:
            return None
        self.synced = now
        return now

    def write(self, new: bytes) -> None:
        """Take over the other side's bytes, also where arrays are read-only."""
        if len(new) != self.size:
            raise ValueError(f"{len(new)} bytes for a piece of {self.size}")
        _write_at(self.start, new, self.size)
        self.synced = new

    def memory(self) -> Array:
        """Return the piece as bytes that can be written to, and keep its owner alive."""
        owner = self.owner()
        return owner if self.made else _asarray(_Address(owner, self.start, self.size))


class _Address:
    """Memory by address, as NumPy's array interface names it."""

    def __init__(self, owner: Any, start: int, size: int) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "data": (start, False),
            "shape": (size,),
            "typestr": "|u1",
            "version": 3,
        }


class Memory:
    """The pieces of memory that this process has in common with the other one.

    Args:
        step: 1 here and -1 there: numbers of pieces that the two sides give never meet.
        weak: Whether a piece ends with the array that owns it; else it lasts until `drop`.

    Examples:
        >>> here, there = Memory(1, weak=True), Memory(-1, weak=False)
        >>> x = np.arange(6.0)[::-2]
        >>> lying = here.place(x)
        >>> made = there.update(here.news())
        >>> copy = there.array(lying)
        >>> copy
        array([5., 3., 1.])
        >>> copy *= 2
        >>> made = here.update(there.news())
        >>> x
        array([10.,  6.,  2.])
    """

    def __init__(self, step: int, weak: bool) -> None:
        self.pieces: dict[int, Piece] = {}
        self.ended: list[int] = []
        self._numbers = count(step, step)
        self._weak = weak
        self._last: list[tuple[int, bytes]] = []

    def place(self, array: Array) -> Lying:
        """Return how a plain array lies, in a known piece of memory or in a new one."""
        first, start, end = _extent(array)
        for number, piece in list(self.pieces.items()):
            if piece.start <= start and end <= piece.start + piece.size:
                return _lying(array, number, first - piece.start)
        root = _root(array)
        if root is not array:
            _, root_start, root_end = _extent(plain(root))
            if root_start <= start and end <= root_end <= root_start + _LARGEST_ROOT:
                start, end = root_start, root_end
        number = next(self._numbers)
        self._own(number, start, end - start, root)
        return _lying(array, number, first - start)

    def array(self, lying: Lying) -> Array:
        """Return an array that lies as described."""
        memory = self.pieces[lying.piece].memory()
        array: Array = _ndarray(lying.shape, lying.dtype, memory, lying.offset, lying.strides)
        if not lying.writeable:
            array.setflags(write=False)
        return array

    def news(self) -> list[tuple[int, bytes]]:
        """Return what changed here since both sides agreed, and count it as agreed."""
        changed, self._last = self._last, []
        for number, piece in list(self.pieces.items()):
            # While the owner is held here, the piece cannot end before it is read.
            if (owner := piece.owner()) is not None and (new := piece.news()) is not None:
                changed.append((number, new))
            del owner
        return changed

    def update(self, news: Sequence[tuple[int, bytes]]) -> list[Array]:
        """Write what changed on the other side; return the owners of pieces new here."""
        made = []
        for number, new in news:
            if number not in self.pieces:
                owner = _empty(len(new), _uint8)
                self._own(number, owner.__array_interface__["data"][0], len(new), owner)
                self.pieces[number].made = True
                made.append(owner)
            self.pieces[number].write(new)
        return made

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget pieces that ended on the other side."""
        for number in numbers:
            self.pieces.pop(number, None)

    def held(self) -> list[Any]:
        """Return the owners of all pieces; none of them ends as long as the list lives."""
        return [piece.owner() for piece in list(self.pieces.values())]

    def _own(self, number: int, start: int, size: int, owner: Array) -> None:
        keep = ref(owner, lambda _: self._end(number)) if self._weak else lambda: owner
        self.pieces[number] = Piece(start, size, keep)

    def _end(self, number: int) -> None:
        piece = self.pieces.pop(number, None)
        if piece is None:
            return
        self.ended.append(number)
        # The other side may still use its copy. The memory outlives the call of this function.
        if (new := piece.news()) is not None:
            self._last.append((number, new))


def split(sizes: Sequence[tuple[int, int]], body: bytes) -> list[tuple[int, bytes]]:
    """Return the bytes of each piece: they follow each other in the body of a frame.

    Examples:
        >>> split([(7, 2), (8, 1)], b"abc")
        [(7, b'ab'), (8, b'c')]
    """
    parts, start = [], 0
    for number, size in sizes:
        parts.append((number, body[start : start + size]))
        start += size
    return parts


def plain(array: Array) -> Array:
    """Return the memory of an array, or of an instance of a subclass, as an array of its own.

    Nothing that a subclass overrides is called.

    Examples:
        >>> type(plain(np.ma.masked_array([1.0]))).__name__
        'ndarray'
    """
    return _as_plain(array, _ndarray)


def _lying(array: Array, piece: int, offset: int) -> Lying:
    flags = array.flags
    return Lying(piece, array.dtype.str, array.shape, array.strides, offset, flags.writeable)


def _root(array: Array) -> Array:
    """Return the array that owns the memory, as it is."""
    base = _base_of(array)
    while isinstance(base, _ndarray):
        array, base = base, _base_of(base)
    return array


def _extent(array: Array) -> tuple[int, int, int]:
    """Return the addresses of the first entry, of the first byte, and past the last byte."""
    first: int = array.__array_interface__["data"][0]
    if array.flags.forc or array.size == 0:
        return first, first, first + array.nbytes
    start, end = first, first + array.itemsize
    for length, stride in zip(array.shape, array.strides, strict=True):
        reach = (length - 1) * stride
        start, end = (start + reach, end) if reach < 0 else (start, end + reach)
    return first, start, end
