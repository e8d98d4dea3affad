"""What names say, by the words of `vocabulary.toml`; and the sentences of `messages.toml`."""

import re
import tomllib
from ast import literal_eval
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from affine.checker.exceptions import TargetError

__all__ = [
    "WORDS", "Flag", "begins", "closest", "data", "flag", "gradient_role", "plain", "refusal",
    "role", "sentence", "size_role", "stem",
]  # fmt: skip


def data(name: str) -> Any:
    """Return what a TOML file beside this one holds."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


WORDS: dict[str, Any] = data("vocabulary.toml")
_MESSAGES: dict[str, str] = data("messages.toml")


@dataclass(frozen=True, slots=True)
class Flag:
    """An argument that is no operand, and the values under which a layer may be affine.

    A value in angle brackets is the name of an object: see `probes.py`.
    """

    names: Sequence[str]
    values: Sequence[Any]
    is_step: bool = False  # a learning rate
    if_required: bool = False
    doubtful: bool = False


def _value(text: str) -> Any:
    return text if text[0] == "<" else literal_eval(text)


_FLAGS = {
    name: Flag(**{**entry, "values": tuple(map(_value, entry["values"]))})
    for entry in WORDS["flags"]
    for name in entry["names"]
}


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


def size_role(name: str) -> str:
    """Return `d` or `m` for the name of a number of features or of outputs, else `""`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    words = {plain(name), *spaced.split("_")}
    return next((found for found in "dm" if words & set(WORDS["sizes"][found])), "")


def flag(name: str) -> Flag:
    """Return what is known of an argument of this name that is no operand, else no values."""
    return _FLAGS.get(plain(name), Flag((), ()))


@cache
def gradient_role(name: str) -> str:
    """Return `x`, `w` or `b` for the name of that one's gradient, else `""`."""
    matches = (re.match(pattern, plain(name)) for pattern in WORDS["gradients"]["patterns"])
    roles = (role(match[1]) for match in matches if match)
    return next((found for found in roles if found in ("x", "w", "b")), "")


def begins(name: str, kind: str) -> bool:
    """Whether a name begins as those of a kind do."""
    return plain(name).startswith(tuple(WORDS["beginnings"][kind]))


def closest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the name that is most like this one, `""` where none is."""
    return next(iter(get_close_matches(name, list(names), n=1, cutoff=cutoff)), "")


def sentence(entry: str, /, **facts: Any) -> str:
    """Return an entry of `messages.toml` with the facts in it.

    Examples:
        >>> sentence("missing_import_remedy", name="torch")
        'install torch or correct the import'
    """
    return _MESSAGES[entry].format(**facts)


def refusal(reason: str, /, **facts: Any) -> TargetError:
    """Return the error of a reason in `messages.toml`."""
    return TargetError(sentence(reason, **facts))
