"""A failing case made smaller, byte by byte: cases are read so that smaller bytes are plainer."""

from collections.abc import Callable

__all__ = ["shrink"]


def shrink(raw: bytes, fails: Callable[[bytes], bool]) -> bytes:
    r"""Return smaller bytes for which a test still fails, until no single one can be lowered.

    A search like that of Hypothesis, which takes as long to load as NumPy, for one flat draw.

    Examples:
        >>> shrink(bytes([9, 9, 200]), lambda raw: raw[0] > 3 and raw[2] > 17)
        b'\x04\x00\x12'
    """
    before = b""
    while raw != before:
        before = raw
        raw = _lowered(_zeroed(raw, fails), fails)
    return raw


def _zeroed(raw: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Set whole blocks to zero, large ones first."""
    size = len(raw)
    while size:
        for start in range(0, len(raw), size):
            rest = raw[start + size :]
            simpler = raw[:start] + bytes(len(raw) - start - len(rest)) + rest
            if simpler != raw and fails(simpler):
                raw = simpler
        size //= 2
    return raw


def _lowered(raw: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Lower each byte that zero would not do for: to one of the smallest, else by halves."""
    for place in range(len(raw)):
        low, tried = 0, iter(range(1, min(raw[place], 5)))
        while raw[place] - low > 1:
            small = next(tried, None)
            value = (low + raw[place]) // 2 if small is None else small
            simpler = raw[:place] + bytes([value]) + raw[place + 1 :]
            if fails(simpler):
                raw, tried = simpler, iter(())
            else:
                low = value
    return raw
