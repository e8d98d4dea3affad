"""The registry has no orphan: every equation has a function, a property and a place.

The checks are those that the build of the site makes.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import affine
from affine.equations import CORRECTIONS, EQUATIONS, Correction
from docs.site_builder import record
from docs.site_builder.equations import checks
from docs.site_builder.record import Record

DERIVATION = Path(__file__).parents[1] / "docs" / "derivation"
WRONG_LAYERS = Path(__file__).parent / "wrong_layers"


def _homes() -> dict[str, list[str]]:
    """Return the pages that hold the block of each equation."""
    found: dict[str, list[str]] = {}
    for path in DERIVATION.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        for tag in re.findall(r"^\[\[equation: ([a-z-]+)\]\]$", text, re.MULTILINE):
            found.setdefault(tag, []).append(path.name)
    return found


def _without(whole: Record, kind: str, drop: Callable[[str, Any], bool]) -> Record:
    names = getattr(whole, kind)
    kept = {name: value for name, value in names.items() if not drop(name, value)}
    return replace(whole, **{kind: kept})


def _moved(whole: Record, tag: str, function: str) -> Record:
    moved = replace(whole.equations[tag], function=function)
    return replace(whole, equations={**whole.equations, tag: moved})


def test_there_is_no_orphan() -> None:
    """Every equation is computed, tested and derived, or says that it is not and why."""
    assert checks.of_registry(record.load()) == []
    assert checks.of_pages(record.load(), _homes()) == []


@pytest.mark.parametrize(
    ("deleted", "message"),
    [
        (
            lambda whole: _without(whole, "equations", lambda tag, _: tag == "linearity"),
            r"property \w+ cites \(linearity\), which is not an equation",
        ),
        (
            lambda whole: _without(whole, "properties", lambda _, one: "balance" in one.equations),
            r"equation \(balance\) has no property",
        ),
        (
            lambda whole: _without(whole, "statements", lambda number, _: number == "S15"),
            r"names the statement S15, which is not in the source",
        ),
        (
            lambda whole: _moved(whole, "dw", "affine.gone"),
            r"equation \(dw\): its function affine.gone does not exist",
        ),
        (
            lambda whole: _moved(whole, "chain", "affine.forward"),
            r"affine.forward does not cite its equation: add \[\(chain\)\]",
        ),
    ],
    ids=["equation", "property", "statement", "function", "citation"],
)
def test_whatever_is_deleted_leaves_an_orphan(
    deleted: Callable[[Record], Record], message: str
) -> None:
    """In each direction: equation, property, function, docstring, statement."""
    found = checks.of_registry(deleted(record.load()))
    assert any(re.search(message, complaint) for complaint in found), found


def test_a_deleted_or_doubled_block_is_missed() -> None:
    """An equation has one home, and a block has an equation."""
    whole, homes = record.load(), _homes()
    assert "no home" in checks.of_pages(whole, {**homes, "dw": []})[0]
    assert "several homes" in checks.of_pages(whole, {**homes, "dw": ["a.md", "b.md"]})[0]
    assert "not an equation" in checks.of_pages(whole, {**homes, "gone": ["a.md"]})[0]


def test_every_function_is_some_equations() -> None:
    """No public function of the mathematics stands outside the registry."""
    computed = {equation.function for equation in EQUATIONS.values()}
    functions = {f"affine.{name}" for name in affine.__all__} - {"affine.Gradients"}
    of_the_oracle = {"affine.oracle.exact_limit", "affine.oracle.bounds"}
    assert computed == functions | of_the_oracle | {"statement only"}


def test_a_page_derives_its_equations_in_the_order_of_the_registry() -> None:
    """So the numbers rise as one reads."""
    for path in DERIVATION.glob("*.md"):
        tags = [tag for tag, pages in _homes().items() if pages == [path.name]]
        numbers = [EQUATIONS[tag].number for tag in tags]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("correction", CORRECTIONS.values(), ids=CORRECTIONS)
def test_the_slip_of_a_correction_can_be_run(correction: Correction) -> None:
    """A known-wrong layer makes it, and shows the smallest numbers on which the lines differ."""
    assert (WRONG_LAYERS / f"{correction.layer}.py").is_file()


def test_tags_are_short_and_readable() -> None:
    """A tag is typed by hand and stands in an address."""
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", tag) and len(tag) <= 20 for tag in EQUATIONS)
