"""Hypothesis makes a failing case smaller."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir, storage_directory
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.errors import Flaky

__all__ = ["shrink"]


class _Falsified(Exception):
    """The one exception that Hypothesis sees, so that it shrinks one failure, not several."""


def shrink(raw: bytes, fails: Callable[[bytes], bool]) -> None:
    r"""Call a test with smaller and smaller bytes of the same length, as long as it fails.

    Examples:
        >>> found = []
        >>> shrink(bytes([9, 9]), lambda raw: raw[0] > 3 and not found.append(raw))
        >>> found[-1]
        b'\x04\x00'
    """

    @settings(
        database=InMemoryExampleDatabase(),  # where the door for fuzzers leaves what failed
        phases=[Phase.reuse, Phase.shrink],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(st.binary(min_size=len(raw), max_size=len(raw)))
    def holds(smaller: bytes) -> None:
        if fails(smaller):
            raise _Falsified

    # Flaky: the layer failed before and not on a replay.
    with _stored_nowhere(), suppress(_Falsified, Flaky):
        try:
            holds.hypothesis.fuzz_one_input(raw)  # type: ignore[attr-defined]
        except _Falsified:
            holds()


@contextmanager
def _stored_nowhere() -> Iterator[None]:
    """Let Hypothesis write nothing into the folder of the user; afterwards all is as it was.

    It collects the constants of the modules that are loaded and keeps them in `.hypothesis`, which
    no setting of a test turns off. Where it cannot write, it goes on without.

    Examples:
        >>> before = storage_directory(intent_to_write=False).home_directory
        >>> with _stored_nowhere():
        ...     storage_directory(intent_to_write=False).home_directory == before
        False
        >>> storage_directory(intent_to_write=False).home_directory == before
        True
    """
    before = storage_directory(intent_to_write=False).home_directory
    set_hypothesis_home_dir(os.devnull)  # on every system: no folder can be made in it
    try:
        yield
    finally:
        set_hypothesis_home_dir(before)
