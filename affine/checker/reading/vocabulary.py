"""What a name says that something is, by the words in `vocabulary.toml`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

__all__ = [
    "METHODS", "WORDS", "begins", "by_role", "closest", "data", "gradient_role", "plain", "role",
    "stem",
]  # fmt: skip

Value = TypeVar("Value")


def data(name: str) -> Any:
    """Return what a TOML file beside this one holds."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


WORDS: dict[str, dict[str, list[str]]] = data("vocabulary.toml")
METHODS = WORDS["methods"]


def plain(name: str) -> str:
    """Return a name without case and underscores."""
    return name.lower().replace("_", "")


def stem(name: str, words: Iterable[str] = ()) -> str:
    """Return a plain name without the words given, and without "my" and "layer"."""
    short = plain(name)
    for word in words:
        short = short.replace(word, "")
    return re.sub(r"^my|layer", "", short)


@cache
def role(name: str) -> str:
    """Return what a parameter of this name usually is, `""` where that is not known."""
    known = (found for found, names in WORDS["roles"].items() if plain(name) in names)
    return next(known, "dout" if begins(name, "upstream") else "")


@cache
def gradient_role(name: str) -> str:
    """Return `x`, `w` or `b` for the name of that one's gradient, else `""`."""
    matches = (re.match(pattern, plain(name)) for pattern in WORDS["gradients"]["patterns"])
    roles = (role(match[1]) for match in matches if match)
    return next((found for found in roles if found in ("x", "w", "b")), "")


def by_role(entries: Mapping[str, Value], needed: str = "xwb") -> dict[str, Value]:
    """Return the entries named like gradients, or else like arguments; none if one is missing."""
    for which in (gradient_role, role):
        found = {which(name): value for name, value in entries.items()}
        if set(needed) <= found.keys():
            return {name: found[name] for name in "xwb" if name in found}
    return {}


def begins(name: str, kind: str) -> bool:
    """Whether a name begins as those of a kind do."""
    return plain(name).startswith(tuple(WORDS["beginnings"][kind]))


def closest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the name that is most like this one, `""` where none is."""
    return next(iter(get_close_matches(name, list(names), n=1, cutoff=cutoff)), "")
