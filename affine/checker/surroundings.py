"""What a check takes from its surroundings: the warnings of the layer, and the versions."""

import platform
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import affine

__all__ = ["versions", "warnings_to"]


# What a wrong layer warns of may differ in every call.
_MOST_WARNINGS = 10


@contextmanager
def warnings_to(notes: list[str]) -> Iterator[None]:
    """Collect each warning once, the first ones as they are and the others as a count."""
    seen: set[str] = set()

    def remember(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        text = f"{category.__name__}: {message}"
        # Hypothesis warns of itself; it need not be loaded to be told from the layer.
        if text not in seen and category.__module__.partition(".")[0] != "hypothesis":
            seen.add(text)
            if len(seen) <= _MOST_WARNINGS:
                notes.append(f"the layer warned: {text}")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = remember
        yield
    if len(seen) > _MOST_WARNINGS:
        notes.append(f"the layer gave {len(seen) - _MOST_WARNINGS:,} other warnings")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages involved."""
    found = {"python": platform.python_version(), "affine": affine.__version__}
    for name in ("numpy", "hypothesis", "torch", "jax"):
        if name in sys.modules or name == "hypothesis":
            found[name] = version(name)
    return found
