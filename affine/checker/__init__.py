"""Is a layer right, and if not, why: the check of anybody's layer.

What is named here is imported when it is asked for: the process that runs a layer needs none of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from affine.checker.report import Outcome, Report
    from affine.checker.run import check

__all__ = ["Outcome", "Report", "check"]

Profile: TypeAlias = Literal["textbook", "library", "framework"]
Reduction: TypeAlias = Literal["sum", "mean"]

PROFILES = get_args(Profile)
REDUCTIONS = get_args(Reduction)
LARGEST_SEED = 2**63 - 1

_HOMES = {"Outcome": "report", "Report": "report", "check": "run"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
