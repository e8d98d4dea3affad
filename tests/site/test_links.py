"""The site's loose ends: what is an orphan, what the font must hold."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from docs.site_builder import record
from docs.site_builder.equations import checks, font
from docs.site_builder.record import Record


@pytest.fixture
def built() -> Record:
    return record.load()


# ------------------------------------------------------------------ checks


def homes(built: Record) -> dict[str, list[str]]:
    return {tag: ["page.md"] for tag in built.equations}


def without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def test_nothing_is_an_orphan(built: Record) -> None:
    assert checks.of_registry(built) == []
    assert checks.of_pages(built, homes(built)) == []


def test_equation_without_a_home_or_with_two_is_found(built: Record) -> None:
    assert "(dw) has no home" in checks.of_pages(built, without(homes(built), "dw"))[0]
    twice = homes(built) | {"dw": ["one.md", "two.md"]}
    assert "one.md, two.md" in checks.of_pages(built, twice)[0]


def test_block_and_property_of_an_unknown_tag_are_found(built: Record) -> None:
    less = replace(built, equations=without(built.equations, "balance"))
    found = " ".join(checks.of_registry(less) + checks.of_pages(less, homes(built)))
    assert "x_transposed_dx_is_dw_w_transposed cites (balance)" in found
    assert "the block of (balance)" in found


def test_equation_without_a_property_is_found(built: Record) -> None:
    less = replace(
        built, properties=without(built.properties, "x_transposed_dx_is_dw_w_transposed")
    )
    assert "(balance) has no property" in checks.of_registry(less)[0]


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        ("affine.no_such", "affine.no_such does not exist"),
        ("no_such.forward", "no_such.forward does not exist"),
        ("affine.jvp", "affine.jvp does not cite its equation: add [(dw)][eq-dw]"),
    ],
)
def test_function_that_is_missing_or_does_not_cite_is_found(
    function: str, complaint: str, built: Record
) -> None:
    wrong = replace(built.equations["dw"], function=function)
    other = replace(built, equations={**built.equations, "dw": wrong})
    assert complaint in checks.of_registry(other)[0]


def test_statement_that_nothing_carries_and_its_counterpart_are_found(built: Record) -> None:
    bare = replace(built.equations["entry-x"], source=("S99",))
    found = checks.of_registry(replace(built, equations={**built.equations, "entry-x": bare}))
    assert "statement S2 of the handwritten source is carried by no equation" in found
    assert "equation (entry-x) names the statement S99, which is not in the source" in found


def test_correction_that_is_missing_is_found(built: Record) -> None:
    less = replace(built, corrections=without(built.corrections, "average"))
    assert "correction average, which does not exist" in checks.of_registry(less)[0]


# ------------------------------------------------------------------ font


def test_font_has_what_formulas_draw_and_nothing_else() -> None:
    page = "<p>plain</p><math><mi>X</mi><mo>&lt;</mo><mi>out</mi></math>"
    assert font.characters(page) == {"X", "𝑋", "<", "o", "u", "t"}
