"""From a target that a user names to a `Layer`.

A target is `path.py`, `notebook.ipynb` or `package.module`, and `:name` behind it where it has
several layers.
"""

import inspect
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from affine.checker.reading.choice import names_alone
from affine.checker.reading.libraries import home_of
from affine.checker.reading.recognise import recognise
from affine.checker.reading.target import Named, TargetError, find
from affine.layer import Layer

__all__ = ["TargetError", "layer_from", "load"]


def load(target: str, found: Callable[[], None] = lambda: None, by_names: bool = False) -> Layer:
    """Return the layer that a target names.

    Args:
        target: `path.py[:name]`, `notebook.ipynb[:name]` or `package.module[:name]`; the name
            may be dotted.
        found: Called once it is imported, before it is called itself.
        by_names: Whether it is read by the names of its arguments alone, and called by nobody.

    Returns:
        The layer, adapted from whichever form the code has.

    Raises:
        TargetError: It was not found, does not load, or has no known form.

    Examples:
        >>> layer = load("affine")
        >>> layer.form
        'forward(x, w, b) and backward(dout, x, w)'
        >>> print(layer.usage)
        from affine import forward, backward
        <BLANKLINE>
        def vjp(x, w, b):
            return forward(x, w, b), lambda dout: backward(dout, x, w)
    """
    named, module = find(target)
    found()
    try:
        with names_alone() if by_names else nullcontext():
            layer = recognise(named, target, Named("", module.module, module.origin))
    except TargetError as error:
        # What is missed may be what was left out.
        raise TargetError("\n".join([str(error), *module.remarks])) from error
    remarks = (*layer.remarks, *module.remarks)
    return replace(layer, name=target, remarks=remarks, folder=module.folder)


def layer_from(found: Any, name: str = "") -> Layer:
    """Return the layer of an object.

    Args:
        found: A module or another namespace, a class, an instance, a function, a pair (forward,
            backward), or a `Layer`, which is returned as it is.
        name: How reports call the layer.

    Raises:
        TargetError: It has no known form.

    Examples:
        >>> import affine
        >>> layer_from(affine, "the reference").variants["jvp"] is affine.jvp
        True
        >>> layer_from((affine.forward, affine.backward)).name
        'backward'
    """
    if isinstance(found, Layer):
        return found
    own_name = getattr(found, "__qualname__", "").rpartition(".")[2]
    own_name = own_name if own_name.isidentifier() else ""  # a lambda has none
    is_space = inspect.ismodule(found) or isinstance(found, (SimpleNamespace, dict))
    home = found if inspect.ismodule(found) else sys.modules.get(home_of(found))
    origin = getattr(home, "__name__", "")
    if origin == "__main__" or not (is_space or hasattr(home, own_name)):
        origin = ""  # nothing to import it from
    named = Named("" if is_space else own_name, found, origin)
    space = Named("", home or SimpleNamespace(), origin)
    layer = recognise(named, name or own_name or "the layer", space)
    return replace(layer, name=name or own_name or layer.name)
