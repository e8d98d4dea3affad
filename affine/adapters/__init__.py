"""From a target that a user names to a `Layer`.

A target is `path.py`, `path.py:name`, `package.module` or `package.module:name`.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from affine.adapters import numpy
from affine.layer import Layer

__all__ = ["TargetError", "layer_from", "load"]


class TargetError(Exception):
    """A target cannot be judged: it was not found, does not load, or has no known form.

    Examples:
        >>> load("no_such_file.py")
        Traceback (most recent call last):
        ...
        affine.adapters.TargetError: no file no_such_file.py; give the path of a Python file
    """


def load(target: str) -> Layer:
    """Return the layer that a target names.

    Args:
        target: `path.py[:name]` or `package.module[:name]`.

    Returns:
        The layer, adapted from whichever form the code has.

    Raises:
        TargetError: It was not found, does not load, or has no known form.

    Examples:
        >>> load("affine").name
        'affine'
    """
    place, _, name = target.partition(":")
    module = _from_file(Path(place)) if place.endswith(".py") else _from_name(place)
    if not name:
        return layer_from(module, target)
    if not hasattr(module, name):
        raise TargetError(f"{place} has no {name}; it has {', '.join(_public(module))}")
    return layer_from(SimpleNamespace(**{name: getattr(module, name)}), target)


def layer_from(namespace: Any, name: str) -> Layer:
    """Return the layer that stands in a module or another namespace.

    Args:
        namespace: Anything with the functions or the class as attributes.
        name: How reports call the layer.

    Raises:
        TargetError: It has no known form.

    Examples:
        >>> import affine
        >>> layer_from(affine, "the reference").jvp is affine.jvp
        True
    """
    layer = numpy.layer_from(namespace, name)
    if layer is None:
        raise TargetError(
            f"{name} has no known form; looked for {', '.join(numpy.FORMS)}; "
            f"found {', '.join(_public(namespace)) or 'nothing public'}"
        )
    return layer


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise TargetError(f"no file {path}; give the path of a Python file")
    # A name of its own, so that two targets with one file name do not meet.
    name = f"affine_target_{abs(hash(path.resolve()))}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise TargetError(f"{path} does not load: {type(error).__name__}: {error}") from error
    return module


def _from_name(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TargetError(f"cannot import {name}: {error}; is it installed?") from error


def _public(namespace: Any) -> list[str]:
    return [name for name in vars(namespace) if not name.startswith("_")]
