"""How many layers that were written without the catalogue at hand are named, and rightly."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affine.checker.diagnosis import diagnose
from affine.checker.diagnosis.catalogue import CORRECT
from affine.layer import Layer
from tests.conftest import sampled

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


@pytest.mark.parametrize("step", sampled([6, 1], 2))
def test_most_are_named_and_none_wrongly(step: int) -> None:
    """At least 85 % is asked for."""
    judged = [(expected, codes, name_of(codes)) for expected, codes in LAYERS[::step]]
    wrong = [
        (name, codes) for expected, codes, name in judged if name not in expected | {"nothing"}
    ]
    assert wrong == []
    nameable = [name for expected, _, name in judged if "nothing" not in expected]
    assert len(nameable) > 140 / step
    assert sum(name != "nothing" for name in nameable) >= 0.95 * len(nameable)
