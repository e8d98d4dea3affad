"""The site's links: what is an orphan, how equations are cited, what the font must hold."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from docs.machinery import citations, font, orphans, record
from docs.machinery.citations import Citation
from docs.machinery.record import Record


@pytest.fixture
def built() -> Record:
    return record.load()


# ------------------------------------------------------------------ orphans


def homes(built: Record) -> dict[str, list[str]]:
    return {tag: ["page.md"] for tag in built.equations}


def without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def test_nothing_is_an_orphan(built: Record) -> None:
    assert orphans.of_registry(built) == []
    assert orphans.of_pages(built, homes(built)) == []


def test_equation_without_a_home_or_with_two_is_found(built: Record) -> None:
    assert "(dw) has no home" in orphans.of_pages(built, without(homes(built), "dw"))[0]
    twice = homes(built) | {"dw": ["one.md", "two.md"]}
    assert "one.md, two.md" in orphans.of_pages(built, twice)[0]


def test_block_and_property_of_an_unknown_tag_are_found(built: Record) -> None:
    less = replace(built, equations=without(built.equations, "balance"))
    found = " ".join(orphans.of_registry(less) + orphans.of_pages(less, homes(built)))
    assert "x_transposed_dx_is_dw_w_transposed cites (balance)" in found
    assert "the block of (balance)" in found


def test_equation_without_a_property_is_found(built: Record) -> None:
    less = replace(
        built, properties=without(built.properties, "x_transposed_dx_is_dw_w_transposed")
    )
    assert "(balance) has no property" in orphans.of_registry(less)[0]


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        ("affine.no_such", "affine.no_such does not exist"),
        ("no_such.forward", "no_such.forward does not exist"),
        ("affine.jvp", "affine.jvp does not cite its equation: [(dw)][eq-dw]"),
    ],
)
def test_function_that_is_missing_or_does_not_cite_is_found(
    function: str, complaint: str, built: Record
) -> None:
    wrong = replace(built.equations["dw"], function=function)
    other = replace(built, equations={**built.equations, "dw": wrong})
    assert complaint in orphans.of_registry(other)[0]


def test_statement_that_nothing_carries_and_its_counterpart_are_found(built: Record) -> None:
    bare = replace(built.equations["entry-x"], source=("S99",))
    found = orphans.of_registry(replace(built, equations={**built.equations, "entry-x": bare}))
    assert "statement S2 of the handwritten source is carried by no equation" in found
    assert "equation (entry-x) names the statement S99, which is not in the source" in found


def test_correction_that_is_missing_is_found(built: Record) -> None:
    less = replace(built, corrections=without(built.corrections, "average"))
    assert "correction average, which does not exist" in orphans.of_registry(less)[0]


# ------------------------------------------------------------------ citations

PROJECT = Citation(
    key="affine",
    title="affine & its gradients",
    authors=({"family-names": "Ada", "given-names": "A."}, {"name": "The contributors"}),
    version="1.2",
    released=date(2026, 11, 23),
    address="https://example.org/affine/",
)


@pytest.fixture
def cited(built: Record) -> Citation:
    return citations.of_equation(built.equations["dw"], PROJECT)


def test_bibtex(cited: Citation) -> None:
    assert citations.bibtex(cited) == (
        "@misc{affine-dw,\n"
        "  author       = {Ada, A. and {The contributors}},\n"
        "  title        = {{Gradient of the weights, equation (dw)}},\n"
        "  howpublished = {affine \\& its gradients},\n"
        "  note         = {Version 1.2},\n"
        "  year         = {2026},\n"
        "  month        = {11},\n"
        "  url          = {https://example.org/affine/t/dw/},\n"
        "}"
    )


def test_ris(cited: Citation) -> None:
    lines = citations.ris(cited).splitlines()
    assert lines[0] == "TY  - ELEC"
    assert "AU  - Ada, A." in lines
    assert "DA  - 2026/11/23" in lines
    assert lines[-1] == "ER  - "


def test_csl_json(cited: Citation) -> None:
    (item,) = json.loads(citations.csl_json(cited))
    assert item["author"] == [{"family": "Ada", "given": "A."}, {"literal": "The contributors"}]
    assert item["issued"] == {"date-parts": [[2026, 11, 23]]}
    assert item["URL"] == "https://example.org/affine/t/dw/"


def test_highwire(cited: Citation) -> None:
    tags = citations.highwire(cited)
    assert ("citation_publication_date", "2026/11/23") in tags
    assert [content for name, content in tags if name == "citation_author"] == [
        "Ada, A.",
        "The contributors",
    ]


def test_without_an_address_no_citation_invents_one(built: Record) -> None:
    here = replace(PROJECT, address="")
    cited = citations.of_equation(built.equations["dw"], here)
    written = [write(cited) for write in citations.FORMATS.values()]
    assert not any("http" in text or "t/dw" in text for text in written)
    assert "citation_public_url" not in dict(citations.highwire(cited))


def test_the_project_cites_itself_from_its_citation_file() -> None:
    cited = citations.of_project(Path(__file__).parents[2] / "CITATION.cff", "")
    assert cited.authors
    assert cited.version
    assert citations.plain(cited).startswith(str(cited.authors[0].get("name", "")))


# ------------------------------------------------------------------ font


def test_font_has_what_formulas_draw_and_nothing_else() -> None:
    page = "<p>plain</p><math><mi>X</mi><mo>&lt;</mo><mi>out</mi></math>"
    assert font.characters(page) == {"X", "𝑋", "<", "o", "u", "t"}
