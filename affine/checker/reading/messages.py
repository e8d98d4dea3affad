"""The sentences of `messages.toml`, with the facts of one target in them."""

from typing import Any

from affine.checker.exceptions import TargetError
from affine.checker.reading.vocabulary import data

__all__ = ["refusal", "sentence"]

_MESSAGES: dict[str, str] = data("messages.toml")


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
