"""The registry has no orphan: every equation has a function, a property and a place."""

import importlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

import affine
from affine.equations import CORRECTIONS, EQUATIONS, STATEMENTS, Equation
from affine.properties import PROPERTIES, Property

DERIVATION = Path(__file__).parents[1] / "docs" / "derivation"
WRONG_LAYERS = Path(__file__).parent / "wrong_layers"


def orphans(equations: dict[str, Equation], properties: dict[str, Property]) -> list[str]:
    """Return what is wrong between equations, functions and properties, in words."""
    tested = {tag for found in properties.values() for tag in found.equations}
    wrong = [f"a property cites {tag}, which is no equation" for tag in tested - set(equations)]
    for tag, equation in equations.items():
        if (tag in tested) == bool(equation.by_definition):
            wrong.append(f"{tag} needs a property or a by_definition, and not both")
        if not equation.is_statement_only and tag not in _cited_by(equation.function):
            wrong.append(f"the docstring of {equation.function} does not cite [({tag})][eq-{tag}]")
    return wrong


def _cited_by(function: str) -> list[str]:
    module, _, name = function.rpartition(".")
    doc = getattr(importlib.import_module(module), name).__doc__
    return re.findall(r"\[eq-([a-z-]+)\]", doc)


def test_there_is_no_orphan() -> None:
    """Every equation is computed and tested, or says that it is not and why."""
    assert orphans(dict(EQUATIONS), dict(PROPERTIES)) == []


def test_a_deleted_equation_is_missed() -> None:
    """Its properties cite nothing."""
    without = {tag: equation for tag, equation in EQUATIONS.items() if tag != "dw"}
    assert orphans(without, dict(PROPERTIES)) == ["a property cites dw, which is no equation"]


def test_a_deleted_property_is_missed() -> None:
    """Its equation is tested by nothing."""
    without = {name: p for name, p in PROPERTIES.items() if "balance" not in p.equations}
    expected = ["balance needs a property or a by_definition, and not both"]
    assert orphans(dict(EQUATIONS), without) == expected


def test_a_function_that_does_not_cite_its_equation_is_missed() -> None:
    """The link from the code to the equation is part of the ledger."""
    moved = {**EQUATIONS, "chain": replace(EQUATIONS["chain"], function="affine.forward")}
    expected = ["the docstring of affine.forward does not cite [(chain)][eq-chain]"]
    assert orphans(moved, dict(PROPERTIES)) == expected


def test_every_function_is_some_equations() -> None:
    """No public function stands outside the registry, and none cites an unknown tag."""
    computed = {equation.function for equation in EQUATIONS.values()}
    for name in affine.__all__:
        if name != "Gradients":
            assert f"affine.{name}" in computed
            assert set(_cited_by(f"affine.{name}")) <= set(EQUATIONS)


def test_every_equation_has_one_home_in_the_derivation() -> None:
    """In the order of the registry, page by page in the order of the navigation."""
    homes = {
        path.stem: re.findall(r"^\[\[equation: ([a-z-]+)\]\]$", path.read_text(), re.MULTILINE)
        for path in DERIVATION.glob("*.md")
    }
    placed = [tag for tags in homes.values() for tag in tags]
    assert sorted(placed) == sorted(EQUATIONS)
    numbers = {tag: equation.number for tag, equation in EQUATIONS.items()}
    for tags in homes.values():
        assert [numbers[tag] for tag in tags] == sorted(numbers[tag] for tag in tags)


def test_every_statement_of_the_source_is_carried_by_an_equation() -> None:
    """And every correction by a statement."""
    assert {s for equation in EQUATIONS.values() for s in equation.source} == set(STATEMENTS)
    cited = {statement.correction for statement in STATEMENTS.values()} - {""}
    assert cited == set(CORRECTIONS)


@pytest.mark.parametrize("correction", CORRECTIONS.values(), ids=CORRECTIONS)
def test_a_correction_names_an_equation_and_a_layer(correction: object) -> None:
    """Where the slip can be run, a known-wrong layer makes it."""
    assert correction.equation in EQUATIONS  # type: ignore[attr-defined]
    layer = correction.layer  # type: ignore[attr-defined]
    assert not layer or (WRONG_LAYERS / f"{layer}.py").is_file()


def test_tags_are_short_and_readable() -> None:
    """A tag is typed by hand and stands in an address."""
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", tag) and len(tag) <= 20 for tag in EQUATIONS)
