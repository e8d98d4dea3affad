"""A picture agrees with the registry, or is refused with the reason."""

import re
from dataclasses import replace

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from docs.site_builder import record
from docs.site_builder.pictures import boxes, covers
from docs.site_builder.record import Record
from tests.site.test_machinery import html


@pytest.fixture
def built() -> Record:
    return record.load()


def test_the_pictures_of_the_registry_agree_with_its_symbols(built: Record) -> None:
    assert not boxes.of_registry(built)


@pytest.mark.parametrize(
    "picture",
    [
        "db[M] = dout[N,M] · ∂out/∂b[N,M,M]",
        "dW⁽ⁱ⁾[D,M] = dout_i[1,M] · ∂out_i/∂W[M,D,M]",
        "∂out_ij/∂X_i[1,D] = w_jᵀ[1,D]",
        "out[N,M] = [X 𝟏][N,D+1] · [W; bᵀ][D+1,M]",
        "dW[D,M] = Σᵢ dW⁽·⁾[N,D,M]",
        "⟨ dout[N,M] , X[N,D] · W[D,M] ⟩ = ⟨ dW[D,M] , W[D,M] ⟩",
        "dX[N,D] = [dX_A; dX_B][A+B,D]",
    ],
)
def test_a_right_picture_is_drawn(picture: str, built: Record) -> None:
    assert not boxes.disagreements(picture, built.equations)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        ("dX[N,M] = dout[N,M] · Wᵀ[M,D]", "dX[N,M] is N×D in the registry"),
        ("Wᵀ[D,M]", "Wᵀ[D,M] is M×D in the registry"),
        ("∂out/∂W[N,M,M,D]", "∂out/∂W[N,M,M,D] is N×M×D×M in the registry"),
        ("[X 𝟏][N,D]", "[X 𝟏][N,D] is N×D+1 in the registry"),
        ("I[N,M]", "I[N,M] is an identity matrix and not square"),
        ("velocity[N,D]", "no equation gives the shape of 'velocity'"),
        ("dW[D,M] = X[N,D] · dout[N,M]", "share no dimension to multiply along"),
        ("dX[N,D] = dout[N,M]", "dX is N×D and dout is N×M"),
        ("dW[D,M] = dW[D,M] + Xᵀ[D,N]", "dW is D×M and Xᵀ is D×N"),
        ("dW[D,M] = dW⁽·⁾[N,D,M]", "dW is D×M and dW⁽·⁾ is N×D×M"),
        ("⟨ dout[N,M] , X[N,D] ⟩", "dout is N×M and X is N×D"),
        ("⟨ dout[N,M] · Wᵀ[M,D] ⟩ + ⟨ W[D,M] , dW[D,M] ⟩", "⟨ dout · Wᵀ ⟩ has no pair"),
        ("⟨ X[N,D] , dX[N,D] ⟩ = dX[N,D]", "⟨X, dX⟩ is 1×1 and dX is N×D"),
        ("dX[N,D] = [dX_A; dW][A+B,D]", "no equation gives the shape of"),
    ],
)
def test_a_wrong_picture_is_refused_with_the_reason(
    picture: str, reason: str, built: Record
) -> None:
    try:
        wrong = " ".join(boxes.disagreements(picture, built.equations))
    except boxes.BoxesError as error:
        wrong = str(error)
    assert reason in wrong
    with pytest.raises(ValueError, match=re.escape(reason)):
        html(f"[[boxes: {picture}]]", built)


def test_the_source_is_drawn_as_it_was_written(built: Record) -> None:
    assert "<svg" in html("[[boxes as written: db[N,M] = dout[N,M]]]", built)


def test_the_picture_of_the_readme_is_drawn_from_the_registry() -> None:
    """If it is not: python -m docs.site_builder.pictures.covers"""
    assert covers.README.read_text(encoding="utf-8") == covers.draw_readme()


def test_a_symbol_of_another_shape_disagrees_with_its_picture(built: Record) -> None:
    found = built.equations["dw"]
    broken = replace(found, symbols={**found.symbols, "dW": "M×D"})
    complaints = boxes.of_registry(replace(built, equations={**built.equations, "dw": broken}))
    assert any("the boxes of (dw): dW[D,M] is M×D" in complaint for complaint in complaints)
