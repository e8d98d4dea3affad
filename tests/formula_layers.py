"""Layers made of formulas, for the tests of the diagnosis."""

from collections.abc import Callable
from typing import Any

import numpy as np

from affine.checker.diagnosis import diagnose
from affine.checker.diagnosis.catalogue import CORRECT, formulas
from affine.checker.diagnosis.fit import ratio
from affine.checker.diagnosis.probe import close, standard
from affine.layer import GRADIENTS, Layer
from affine.properties import PROPERTIES
from affine.quantities import QUANTITIES


def wrong_layer(**codes: str) -> Layer:
    """Return a layer in which some results are computed by other formulas."""
    compiled = {
        name: compile(codes.get(name, CORRECT[name]), name, "eval") for name in (*CORRECT, *codes)
    }

    def value(name: str, point: dict[str, Any]) -> Any:
        n, d = point["x"].shape
        return eval(compiled[name], {"np": np}, point | {"n": n, "d": d, "m": point["w"].shape[1]})

    def vjp(x: Any, w: Any, b: Any) -> Any:
        point = {"x": x, "w": w, "b": b}
        return value("out", point), lambda dout: tuple(
            value(name, point | {"dout": dout}) for name in GRADIENTS
        )

    return Layer("wrong", vjp)


def named(layer: Layer, quantity: str = "", failed: str = "") -> str:
    """Return the name of the mistake that a layer makes by the diagnosis; `""` if none."""
    mistake = diagnose(layer, quantity, PROPERTIES.get(failed)).mistake
    return mistake.name if mistake else ""


def is_right(quantity: str, code: str) -> bool:
    """Whether a formula of the catalogue gives this result rightly, or none, on every probe."""
    return all(
        value is None or close(value, probe.right(quantity))
        for probe in standard()
        for value in [probe.value(code)]
    )


def is_scaled(quantity: str, code: str) -> bool:
    """Whether a formula is a multiple of the right one on every probe."""
    return all(
        value is None
        or (
            value.shape == (right := probe.right(quantity)).shape
            and bool(ratio(value, right) or not right.any())
        )
        for probe in standard()
        for value in [probe.value(code)]
    )


def same(one: str, other: str) -> bool:
    """Whether two formulas are one function on every probe."""
    pairs = ((probe.value(one), probe.value(other)) for probe in standard())
    return all((a is None and b is None) or close(a, b) for a, b in pairs)


def names_of(quantity: str, code: str) -> set[str]:
    """Return the mistakes whose formulas are the same function as a formula."""
    return {known.mistake for known in formulas(quantity) if same(known.code, code)}


def pullback_layer(
    backward: Callable[..., Any], forward: Callable[..., Any] | None = None
) -> Layer:
    """Return a layer of two functions, the second one of (dout, x, w)."""

    def vjp(x: Any, w: Any, b: Any) -> Any:
        out = forward(x, w, b) if forward else x @ w + b
        return out, lambda dout: backward(dout, x, w)

    return Layer("wrong", vjp)


def right_gradients(dout: Any, x: Any, w: Any) -> Any:
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


# Every formula of the catalogue, with the result that it computes.
FORMULAS = [
    (quantity, known)
    for quantity in QUANTITIES
    for known in formulas(quantity)
    if not (quantity == "out" and "dout" in known.code)
]
