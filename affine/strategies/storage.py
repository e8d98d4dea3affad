"""Where Hypothesis keeps what it has read: nowhere, while a check runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis.configuration import set_hypothesis_home_dir, storage_directory

__all__ = ["stored_nowhere"]


@contextmanager
def stored_nowhere() -> Iterator[None]:
    """Let Hypothesis write nothing into the folder of the user; afterwards all is as it was.

    It collects the constants of the modules that are loaded and keeps them in `.hypothesis`, which
    no setting of a test turns off. Where it cannot write, it goes on without.

    Examples:
        >>> before = storage_directory(intent_to_write=False).home_directory
        >>> with stored_nowhere():
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
