"""Formulas and words of a layer whose data points are columns, or that keeps Wᵀ."""

import numpy as np
import pytest

from affine.checker import check
from affine.checker.diagnosis import MISTAKES, diagnose
from affine.checker.diagnosis.catalogue import CORRECT, formulas, terms
from affine.checker.diagnosis.own_layout import OwnLayout
from affine.checker.diagnosis.probe import Probe, close, distinct_integers
from affine.checker.report.text import text
from affine.layer import Array, Layer, Pullback
from affine.quantities import QUANTITIES

COLUMNS, COLUMNS_WT, ROWS_WT = OwnLayout(True, False), OwnLayout(True, True), OwnLayout(False, True)
OTHERS = {"columns, W (D, M)": COLUMNS, "columns, W (M, D)": COLUMNS_WT, "rows, W (M, D)": ROWS_WT}
SIZES = ((5, 3, 4), (4, 4, 4), (3, 5, 3), (1, 3, 2))


def catalogue(quantity: str) -> list[str]:
    """Every formula of the catalogue for a quantity, once, the right one first."""
    known = [each.code for each in (*formulas(quantity), *terms(quantity))]
    return list(dict.fromkeys([CORRECT[quantity], *known]))


def own_value(code: str, probe: Probe, layout: OwnLayout) -> Array | None:
    """Return what a formula gives on the arrays as the layout has them."""
    turned = {name: np.transpose(probe.names[name]) for name in "xw" if layout.turns(name)}
    if layout.columns:
        turned |= {"dout": probe.point.dout.T, "b": probe.point.b[:, None]}
    there = Probe(probe.point)
    there.names |= turned
    return there.value(code)


@pytest.mark.parametrize("layout", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_formula_gives_the_same_in_every_layout(quantity: str, layout: OwnLayout) -> None:
    """It runs where the other one runs, and gives the result as the layer keeps it."""
    pairs = [(code, layout.code(code, quantity)) for code in catalogue(quantity)]
    told = [(code, own) for code, own in pairs if own]
    assert len(told) > 0.5 * len(pairs)
    for code, own in told:
        for sizes in SIZES:
            probe = Probe(distinct_integers(*sizes))
            right, got = probe.value(code), own_value(own, probe, layout)
            if right is None or got is None:
                assert right is got, (code, own)
                continue
            is_matrix = quantity == "db" and layout.columns and right.ndim == 2
            right = right.T if layout.turns(quantity) or is_matrix else right
            is_column = quantity == "db" and layout.columns and got.ndim > right.ndim
            assert close(got[:, 0] if is_column else got, right), (code, own)


@pytest.mark.parametrize(
    ("layout", "own"),
    [
        (COLUMNS_WT, ["w @ x + b", "w.T @ dout", "dout @ x.T", "dout.sum(axis=1)"]),
        (COLUMNS, ["w.T @ x + b", "w @ dout", "x @ dout.T", "dout.sum(axis=1)"]),
        (ROWS_WT, ["x @ w.T + b", "dout @ w", "dout.T @ x", "dout.sum(axis=0)"]),
        (OwnLayout(), ["x @ w + b", "dout @ w.T", "x.T @ dout", "dout.sum(axis=0)"]),
    ],
)
def test_the_equations_are_as_courses_write_them(layout: OwnLayout, own: list[str]) -> None:
    assert [layout.code(CORRECT[name], name) for name in QUANTITIES] == own


def test_words_speak_of_the_layer_as_it_is_written() -> None:
    remedy = "Add b to every row: out = x @ w + b. Multiply: dX = dout·Wᵀ, dW = Xᵀ·dout."
    assert COLUMNS_WT.words(remedy) == (
        "Add b to every column: out = w @ x + b. Multiply: dX = Wᵀ·dout, dW = dout·Xᵀ."
    )
    assert ROWS_WT.words("the first row of W; every row") == "the first column of W; every row"
    assert COLUMNS.words("the first row of W; every row") == "the first row of W; every column"
    assert OwnLayout().words(remedy) == remedy


@pytest.mark.parametrize("layout", OTHERS.values(), ids=OTHERS)
def test_no_mistake_is_told_in_another_layout(layout: OwnLayout) -> None:
    """What its remedy says of the equations is what the layer should say."""
    wrong = ["Xᵀ·dout"] if layout.transposed else []
    wrong += ["dout·Wᵀ", "dout @ w.T", "x @ w + b", "dout.sum(axis=0)"] if layout.columns else []
    for mistake in map(layout.mistake, MISTAKES.values()):
        told = f"{mistake.title}\n{mistake.sentence}\n{mistake.remedy}"
        assert [each for each in wrong if each in told] == [], mistake.name


def averaged(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
    return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0))


def test_a_diagnosis_and_its_report_are_in_the_layout_of_the_layer() -> None:
    """And the report says in which one its numbers are."""
    layer = Layer("mine", averaged, columns=True, transposed=True)
    found = diagnose(layer, "dw")
    assert found.sentence == (
        "Your dw is dout·Xᵀ / N: averaged over the batch. "
        "Equation (dw) is dout·Xᵀ, a sum over the data points."
    )
    said = " ".join(text(check(layer, only=["dw_is_xt_dout"])).split())
    assert said.count("are shown with data points in rows") == 1
    assert "dW = dout·Xᵀ and db" in said
    plain = text(check(Layer("mine", averaged), only=["dw_is_xt_dout"]))
    assert "in rows, and W as" not in plain


def test_a_formula_that_cannot_be_turned_says_in_which_layout_it_is() -> None:
    def reshaped(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        d, m = w.shape
        return x @ w + b, lambda g: (g @ w.reshape(m, d), x.T @ g, g.sum(axis=0))

    found = diagnose(Layer("mine", reshaped, columns=True), "dx")
    assert found.mistake is not None
    assert "where data points are rows and W is (D, M)" in found.sentence
