"""Which properties a check runs."""

from collections.abc import Iterable

from affine.checker.report.words import closest
from affine.properties import PROPERTIES, Property

__all__ = ["chosen"]

_LEVELS = {"textbook": ("textbook",), "library": ("textbook", "note", "library")}
_LEVELS["framework"] = (*_LEVELS["library"], "framework")


def chosen(profile: str, only: Iterable[str]) -> list[Property]:
    """Return the properties of a profile, or those that are named, in the order of the suite.

    Raises:
        ValueError: A name is that of no property.

    Examples:
        >>> [found.name for found in chosen("textbook", ["dw_is_xt_dout"])]
        ['dw_is_xt_dout']
    """
    names = list(only)
    for name in names:
        if name not in PROPERTIES:
            hint = closest(name, PROPERTIES) or "`affine list` names them all"
            raise ValueError(f"no property is called {name or repr(name)}; {hint}")
    levels = _LEVELS[profile]
    # What is only remarked on in `textbook` runs there too.
    return [
        found
        for found in PROPERTIES.values()
        if (found.name in names if names else found.profile in (*levels, "note"))
    ]
