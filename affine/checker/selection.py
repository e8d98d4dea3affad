"""Which properties a check runs."""

from collections.abc import Iterable
from difflib import get_close_matches

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
            near = get_close_matches(name, PROPERTIES, n=1)
            hint = f"did you mean {near[0]}?" if near else "`affine list` names them all"
            raise ValueError(f"no property is called {name}; {hint}")
    levels = _LEVELS[profile]
    # What is only remarked on in `textbook` runs there too.
    return [
        found
        for found in PROPERTIES.values()
        if (found.name in names if names else found.profile in (*levels, "note"))
    ]
