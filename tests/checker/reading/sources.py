"""The source of a layer that is written in a convention: right, with a mistake, or unreadable."""

from tests.checker.reading.classes import one_class
from tests.checker.reading.conventions import OF_THE_LAYER, Convention
from tests.checker.reading.functions import two_functions

__all__ = ["UNREADABLE", "source", "suits"]

UNREADABLE = (
    "constructor takes an unknown object",
    "forward takes an unknown object", "backward takes an optimiser", "backward takes no dout",
    "gradients under names that say nothing", "a fourth argument of a pair",
)  # fmt: skip
"""What no reading can know how to call, or where to look for."""


def suits(convention: Convention, oddity: str) -> bool:
    """Whether something unreadable can be written into a convention."""
    if (convention.kind == "pair") != (oddity == "a fourth argument of a pair"):
        return False
    if oddity.startswith("constructor"):
        return convention.built in ("sizes", "swapped")
    if oddity.startswith("backward"):
        return convention.effect == "overwrites" and convention.result != "cache"
    if oddity.startswith("gradients"):
        overwritten = convention.effect == "overwrites" and convention.container in OF_THE_LAYER
        return overwritten and not convention.bias_in_weights
    return True


def source(convention: Convention, mistake: str = "", oddity: str = "") -> str:
    """Return the source of a layer."""
    write = two_functions if convention.kind == "pair" else one_class
    return "import numpy as np\n\n\n" + write(convention, mistake, oddity)
