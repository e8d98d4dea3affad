"""The words by which people name arguments, gradients, methods and layers: one table.

A convention that people use is one entry here; nothing else in the reading knows a name.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

__all__ = [
    "BACKWARD", "EXPECTED", "FORWARD", "METHODS", "OUTPUTS", "USUAL", "by_role", "closest",
    "gradient_role", "is_gradient_container", "is_no_parameter", "plain", "role", "stem",
]  # fmt: skip

Value = TypeVar("Value")

ROLES = {
    "x": {"x", "xs", "input", "inputs", "inp", "data", "features", "batch"},
    "w": {"w", "weight", "weights", "kernel", "theta", "omega"},
    "b": {"b", "bias", "biases", "beta"},
    "dout": {
        "dout", "dy", "dz", "dh", "do", "dl", "dscores", "dvalues", "dnext", "doutput", "doutputs",
        "delta", "g", "gy", "gout", "ct", "cotangent", "ybar", "outbar", "error",
    },
    "cache": {
        "cache", "ctx", "context", "saved", "memo", "state", "tape", "res", "residual",
        "residuals", "aux", "store", "info",
    },
}  # fmt: skip
UPSTREAM = ("grad", "upstream", "outgrad", "outputgrad", "dout", "dldo", "dldy", "dldz", "dloss")
"""How the name of an upstream gradient may begin."""
GRADIENTS = (
    re.compile(r"^(?:grad(?:ient)?s?(?:of)?|delta|dld?|d|g|nabla)(.+)$"),
    re.compile(r"^(.+?)(?:grad(?:ient)?s?|bar)$"),
)
"""How the gradient of something is named."""
OPTIMISER_STATE = ("grad", "veloc", "moment")
"""How the names of arrays begin that have the shape of a parameter and are none."""

METHODS = {
    "forward": ("forward", "__call__", "fprop", "fwd"),
    "backward": ("backward", "backprop", "bprop", "bwd"),
}
FORWARD = ("forward", "fwd", "fprop")
BACKWARD = (*METHODS["backward"], "vjp", "gradients", "gradient", "grads", "grad")
"""The words in the names of functions; the first that is there counts."""
OUTPUTS = ("output", "out", "outputs", "y", "z")
"""Where a forward pass that returns nothing leaves its result."""

USUAL = {"", "affine", "linear", "dense", "fc", "fullyconnected", "innerproduct"}
"""What a layer of this kind is called, where a file has several: affine_forward, MyLinearLayer."""
EXPECTED = (
    *(f"{kind}{word}" for kind in ("", "affine_", "linear_", "fc_", "dense_")
      for word in METHODS),
    "Affine", "Linear", "Dense",
)  # fmt: skip
"""The names that a misspelt one is compared with."""


def plain(name: str) -> str:
    """Return a name without case and underscores."""
    return name.lower().replace("_", "")


def stem(name: str, words: Iterable[str] = ()) -> str:
    """Return a plain name without the words given, and without "my" and "layer"."""
    short = plain(name)
    for word in words:
        short = short.replace(word, "")
    return re.sub(r"^my|layer", "", short)


def role(name: str) -> str:
    """Return what a parameter of this name usually is, `""` where that is not known.

    Examples:
        >>> [role(name) for name in ("X", "weights", "grad_output", "dL_dout", "cache", "foo")]
        ['x', 'w', 'dout', 'dout', 'cache', '']
    """
    known = (found for found, names in ROLES.items() if plain(name) in names)
    return next(known, "dout" if plain(name).startswith(UPSTREAM) else "")


def gradient_role(name: str) -> str:
    """Return `x`, `w` or `b` for the name of that one's gradient, else `""`.

    Examples:
        >>> [gradient_role(name) for name in ("dW", "grad_b", "weight_grad", "dinputs", "db", "W")]
        ['w', 'b', 'w', 'x', 'b', '']
    """
    matches = (pattern.match(plain(name)) for pattern in GRADIENTS)
    roles = (role(match[1]) for match in matches if match)
    return next((found for found in roles if found in ("x", "w", "b")), "")


def by_role(entries: Mapping[str, Value], needed: str = "xwb") -> dict[str, Value]:
    """Return the entries named like gradients, or else like arguments; none if one is missing."""
    for which in (gradient_role, role):
        found = {which(name): value for name, value in entries.items()}
        if set(needed) <= found.keys():
            return {name: found[name] for name in "xwb" if name in found}
    return {}


def is_gradient_container(name: str) -> bool:
    """Whether an attribute of this name may hold several gradients."""
    return plain(name).startswith("grad")


def is_no_parameter(name: str) -> bool:
    """Whether a name says that it is a gradient, or what an optimiser keeps."""
    return bool(gradient_role(name)) or plain(name).startswith(OPTIMISER_STATE)


def closest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the name that is most like this one, `""` where none is."""
    return next(iter(get_close_matches(name, list(names), n=1, cutoff=cutoff)), "")
