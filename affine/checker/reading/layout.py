"""How a layer keeps its arrays: data points in rows or columns, W or Wᵀ, the shape of the bias."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

__all__ = ["BIASES", "LAYOUTS", "Bias", "Layout"]

Bias = Literal["(M,)", "(1, M)", "(M, 1)", "last", "first"]
BIASES: Mapping[str, str] = {
    "(M,)": "", "(1, M)": "bias (1, M)", "(M, 1)": "bias (M, 1)",
    "last": "the bias as the last row of the weights",
    "first": "the bias as the first row of the weights",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """Between XW + b for data points in rows, and how a layer has it."""

    columns: bool = False  # data points are columns: x is (D, N)
    transposed: bool = False  # the weight is (M, D)
    bias: Bias = "(M,)"

    @property
    def is_folded(self) -> bool:
        """Whether the bias is a row of the weights."""
        return self.bias in ("last", "first")

    def described(self, form: str, more: Iterable[str] = ()) -> str:
        """Return a form with what differs from XW + b, and more of it."""
        data = "data points in columns" if self.columns else ""
        weight = "weight (M, D)" if self.transposed and not self.is_folded else ""
        bias = BIASES[self.bias].replace("row", "column" if self.transposed else "row")
        words = ", ".join(filter(None, (data, weight, bias, *more)))
        return f"{form}: {words}" if words else form

    def given(self, x: Any, w: Any, b: Any) -> dict[str, Any]:
        """Return the operands as the layer takes them, by role."""
        if self.is_folded:
            w = np.concatenate((w, b[None]) if self.bias == "last" else (b[None], w))
        elif self.bias != "(M,)":
            b = b.reshape((1, -1) if self.bias == "(1, M)" else (-1, 1))
        return {"x": x.T if self.columns else x, "w": w.T if self.transposed else w, "b": b}

    def data(self, array: Any) -> Any:
        """Return out, dout, x or dx from the layer's layout or to it."""
        return array.T if self.columns and _has_axes(array, 2) else array

    def gradients(self, dx: Any, dw: Any, db: Any) -> tuple[Any, Any, Any]:
        """Return the gradients of XW + b; what has not the layer's shape is handed on as it is."""
        if self.transposed and _has_axes(dw, 2):
            dw = dw.T
        if self.is_folded and _has_axes(dw, 2):
            dw, db = (dw[:-1], dw[-1]) if self.bias == "last" else (dw[1:], dw[0])
        if self.bias == "(M, 1)" and _has_axes(db, 2):
            db = db.T
        if self.bias in ("(1, M)", "(M, 1)") and _has_axes(db, 2) and db.shape[0] == 1:
            db = db.reshape(-1)
        return self.data(dx), dw, db

    def code(self) -> dict[str, str]:
        """Return what stands behind each operand and result in code, by name."""
        bias = {"(1, M)": ".reshape(1, -1)", "(M, 1)": ".reshape(-1, 1)"}.get(self.bias, "")
        data, weights = ".T" * self.columns, ".T" * self.transposed
        return {
            "x": data, "w": weights, "b": bias, "dout": data,
            "out": data, "dx": data, "dw": weights, "db": ".reshape(-1)" * bool(bias),
        }  # fmt: skip


def _has_axes(array: Any, count: int) -> bool:
    return len(getattr(array, "shape", ())) == count


# Data points in columns have their outputs in columns too, as a bias (M, 1) is.
_IN_ROWS: tuple[Bias, ...] = ("(M,)", "(1, M)", "(M, 1)", "last", "first")
_IN_COLUMNS: tuple[Bias, ...] = ("(M, 1)", "(M,)", "last", "first")
LAYOUTS = tuple(
    Layout(columns, transposed, bias)
    for columns, transposed in ((False, False), (False, True), (True, True), (True, False))
    for bias in (_IN_COLUMNS if columns else _IN_ROWS)
)
"""Every layout, the most usual first."""
