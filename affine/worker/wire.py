"""How the two processes speak: frames of a JSON header and raw bytes, never pickle."""

import builtins
import json
from collections.abc import Callable, Iterable
from struct import Struct, error
from typing import Any

__all__ = ["Nonsense", "Stream", "pack", "read"]

# The target runs beside this code: what it does to the builtins must not reach the frames.
globals()["__builtins__"] = dict(vars(builtins))

_START = Struct("<4sIQ")
_MARK = b"affn"
_LARGEST_HEADER = 2**24
_LARGEST_BODY = 2**30

_to_json = json.JSONEncoder(separators=(",", ":")).encode
_from_json = json.JSONDecoder().decode


class Nonsense(Exception):
    """What arrived is no frame: somebody else wrote to the connection."""


class Stream:
    """Bytes in pieces of any size, taken in pieces of the sizes that are asked for.

    Args:
        more: Returns the next bytes, and none at the end.

    Examples:
        >>> stream = Stream(iter([b"ab", b"cde", b""]).__next__)
        >>> stream.take(1), stream.take(3)
        (b'a', b'bcd')
    """

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._rest = b""

    def take(self, size: int) -> bytes:
        """Return the next bytes, exactly as many.

        Raises:
            EOFError: There are not so many.
        """
        parts, missing = [self._rest], size - len(self._rest)
        while missing > 0:
            part = self._more()
            if not part:
                raise EOFError
            parts.append(part)
            missing -= len(part)
        taken = b"".join(parts) if len(parts) > 1 else self._rest
        self._rest = taken[size:]
        return taken[:size]


def pack(header: dict[str, Any], body: Iterable[bytes] = ()) -> bytes:
    """Return a frame.

    Examples:
        >>> len(pack({"do": "state"}))
        30
    """
    head, raw = _to_json(header).encode(), b"".join(body)
    return b"".join((_START.pack(_MARK, len(head), len(raw)), head, raw))


def read(receive: Callable[[int], bytes]) -> tuple[dict[str, Any], bytes]:
    """Return the header and the bytes of the next frame.

    Args:
        receive: Returns exactly as many bytes as it is asked for.

    Raises:
        Nonsense: What it returns is no frame.

    Examples:
        >>> from io import BytesIO
        >>> read(BytesIO(pack({"do": "state"}, [b"bytes"])).read)
        ({'do': 'state'}, b'bytes')
    """
    try:
        mark, head, raw = _START.unpack(receive(_START.size))
        if mark != _MARK or head > _LARGEST_HEADER or raw > _LARGEST_BODY:
            raise Nonsense("the frame does not begin like one")
        header = _from_json(receive(head).decode())
    except (error, ValueError, RecursionError) as reason:
        raise Nonsense(str(reason)) from None
    if not isinstance(header, dict):
        raise Nonsense("the header is no object")
    return header, receive(raw)
