"""Layers of libraries: refused as they are, with the code that is judged in place of them."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import affine
from affine.checker.reading import TargetError, layer_from, load
from affine.checker.reading.libraries import LIBRARIES, engine_of, library_of, library_used

pytestmark = pytest.mark.filterwarnings("ignore")
MODULES = {
    "flax.linen": lambda of: of.Dense(2),
    "flax.nnx": lambda of: of.Linear(3, 2, rngs=of.Rngs(0)),
    "equinox": lambda of: of.nn.Linear(3, 2, key=import_module("jax").random.key(0)),
    "haiku": lambda of: of.transform(lambda x: of.Linear(2)(x)),
    "keras": lambda of: of.layers.Dense(2),
    "tinygrad": lambda of: of.nn.Linear(3, 2),
}


def imported(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a library, set up to run on any machine."""
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("DEV", "PYTHON")  # of tinygrad
    pytest.importorskip("jax")
    return pytest.importorskip(name)


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_what_to_write_for_a_library_is_read_and_right(
    library: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(library["name"], monkeypatch)
    path = tmp_path / "layer.py"
    path.write_text(library["code"], encoding="utf-8")
    x, w, b, dout = (np.arange(1.0, 1 + np.prod(s)).reshape(s) for s in [(4, 3), (3, 2), 2, (4, 2)])
    out, pullback = load(str(path)).vjp(x, w, b)
    assert np.array_equal(out, affine.forward(x, w, b))
    for got, expected in zip(pullback(dout), affine.backward(dout, x, w), strict=True):
        assert np.array_equal(got, expected)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_a_library_is_refused_with_what_to_write(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = MODULES[name](imported(name, monkeypatch))
    with pytest.raises(TargetError, match=f"written with {name}") as refused:
        layer_from(module)
    assert "def " in str(refused.value)
    assert " at 0x" not in str(refused.value)


def test_code_that_only_loads_data_with_a_library_is_not_of_it() -> None:
    """Nor is NumPy code: whose class it is decides, or else an engine that it computes with."""
    made = type("Dense", (), {"__module__": "keras.src.layers.core.dense"})
    names: dict[str, Any] = {"Dense": made, "Tensor": type("T", (), {"__module__": "mygrad.x"})}
    exec("def mnist(path): return Dense(path)\ndef product(x, w): return Tensor(x) @ w", names)
    assert library_of(made()) == library_of(made) != library_of(names["mnist"])
    assert library_used(names["mnist"]) is None
    assert library_used(names["product"]) == next(e for e in LIBRARIES if e["name"] == "mygrad")


def test_an_engine_is_known_by_its_gradient_and_backward_pass() -> None:
    names: dict[str, Any] = {}
    exec(
        "class Value:\n"
        "    def __init__(self): self.grad = 0\n"
        "    def backward(self): ...\n"
        "class Loss:\n"
        "    def __init__(self): self.t = 0\n"
        "    def backward(self): ...\n"
        "def linear(x): return x",
        names,
    )
    assert engine_of(names["linear"]) == "Value"
    del names["Value"]
    assert engine_of(names["linear"]) == ""
