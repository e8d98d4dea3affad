"""How many layers that were written without the catalogue at hand are named, and rightly."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affine.checker.diagnosis import diagnose
from affine.checker.diagnosis.catalogue import CORRECT
from affine.layer import Layer

GROUPS = tomllib.loads(
    (Path(__file__).parents[1] / "holdout_layers.toml").read_text(encoding="utf-8")
)
LAYERS = [(set(names.split(" or ")), codes) for names, group in GROUPS.items() for codes in group]


def layer_of(codes: dict[str, str]) -> Layer:
    """Return the layer as a reader would have written it."""
    code = CORRECT | codes
    source = (
        f"def vjp(x, w, b):\n"
        f"    def pullback(dout):\n"
        f"        {code.get('before', 'pass')}\n"
        f"        return {code['dx']}, {code['dw']}, {code['db']}\n"
        f"    return {code['out']}, pullback\n"
    )
    namespace: dict[str, Any] = {"np": np}
    exec(source, namespace)
    return Layer("written otherwise", namespace["vjp"])


def name_of(codes: dict[str, str]) -> str:
    mistake = diagnose(layer_of(codes), "").mistake
    return mistake.name if mistake else "nothing"


@pytest.fixture(scope="module")
def names() -> list[str]:
    """What each layer is said to do."""
    return [name_of(codes) for _, codes in LAYERS]


def test_none_is_named_wrongly(names: list[str]) -> None:
    wrong = [
        (name, codes)
        for (expected, codes), name in zip(LAYERS, names, strict=True)
        if name not in expected | {"nothing"}
    ]
    assert wrong == []


def test_most_are_named(names: list[str]) -> None:
    """At least 85 % is asked for."""
    nameable = [
        name for (expected, _), name in zip(LAYERS, names, strict=True) if "nothing" not in expected
    ]
    assert len(nameable) > 140
    assert sum(name != "nothing" for name in nameable) >= 0.95 * len(nameable)
