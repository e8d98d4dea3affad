"""Calls on which mistakes of memory and state are tried: one fixed input, and its comparison."""

import re
from collections.abc import Mapping
from textwrap import shorten
from typing import Any

import numpy as np

from affine.checker.diagnosis.examination import GRADIENTS, QUANTITIES, Examination, close
from affine.checker.diagnosis.probe import Probe, numbered
from affine.layer import Array, Operands

__all__ = ["NAMES", "copies", "differing", "fixed", "named", "results", "right_at", "said"]

NAMES = {"x": "X", "w": "W", "b": "b", "dout": "dout"}


def results(examined: Examination, point: Operands) -> dict[str, Array]:
    """Return the results themselves, not copies; raises what the layer raises."""
    results = examined.layer.results(*examined.kept(point))
    return {name: result for name, result in results.items() if isinstance(result, np.ndarray)}


def copies(results: Mapping[str, Array]) -> dict[str, Array]:
    """Return copies, which no later call changes."""
    return {name: np.array(result) for name, result in results.items()}


def fixed(seed: int = 0) -> Operands:
    """Return the operands on which calls are compared with each other; two seeds, two sets."""
    return numbered(4, 3, 5, seed)


def differing(results: Mapping[str, Array], expected: Mapping[str, Array]) -> list[str]:
    """Return the names of the results that are not as expected."""
    return [name for name in results if not close(results[name], expected.get(name))]


def named(gradients: Any) -> dict[str, Array]:
    """Return the gradients that are arrays, by name."""
    pairs = zip(GRADIENTS, gradients, strict=True)
    return {name: result for name, result in pairs if isinstance(result, np.ndarray)}


def right_at(point: Operands) -> dict[str, Array]:
    """Return what the equations give, by name."""
    probe = Probe(point)
    return {name: probe.right(name) for name in QUANTITIES}


def said(error: Exception) -> str:
    """Return an exception in a few words.

    Examples:
        >>> said(ValueError("no batch"))
        'ValueError: no batch'
    """
    text = shorten(str(error).split("\n")[0], 200, placeholder=" …")
    # An exception from another process brings its own name along.
    if re.match(r"\w+(Error|Exception|Exit|Interrupt): ", text):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
