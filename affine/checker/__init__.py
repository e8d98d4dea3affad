"""Is a layer right, and if not, why: the check of anybody's layer.

What is named here is imported when it is asked for: the process that runs a layer needs none of it.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from affine.checker.report import Outcome, Report
    from affine.checker.run import check
    from affine.properties import Property

__all__ = ["Outcome", "Report", "check"]

Profile: TypeAlias = Literal["textbook", "library", "framework"]
Reduction: TypeAlias = Literal["sum", "mean"]

PROFILES = get_args(Profile)
REDUCTIONS = get_args(Reduction)
LARGEST_SEED = 2**63 - 1


def seed_from(given: object) -> int:
    """Return a seed, a number or its digits; refuse what no generator takes."""
    text = str(given)
    if not text.isdecimal() or int(text) > LARGEST_SEED:
        remedy = f"give a whole number from 0 to {LARGEST_SEED}"
        raise ValueError(f"{text!r} is not a seed; {remedy}")
    return int(text)


def refuse_unknown(what: str, name: str, known: Sequence[str]) -> None:
    """Raise where an option has a value that it does not know, such as a reduction of `max`."""
    if name not in known:
        raise ValueError(f"{name!r} is not a {what}; give one of {', '.join(known)}")


def selected(profile: str, only: Sequence[str] = ()) -> "list[Property]":
    """Return the properties of a profile, or those that are named, in the order of the suite."""
    from affine.checker.report.words import closest
    from affine.properties import PROPERTIES

    for name in only:
        if name not in PROPERTIES:
            hint = closest(name, PROPERTIES) or "`affine list` names them all"
            raise ValueError(f"no property is called {name or repr(name)}; {hint}")
    refuse_unknown("profile", profile, PROFILES)
    # What is only remarked on runs in every profile.
    levels = {"note", *PROFILES[: PROFILES.index(profile) + 1]}
    properties = PROPERTIES.values()
    return [each for each in properties if (each.name in only if only else each.profile in levels)]


_HOMES = {"Outcome": "report", "Report": "report", "check": "run"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
