"""Every known-wrong layer is caught by the property it names, on a minimal case."""

import warnings
from pathlib import Path

import pytest

from affine.adapters import load
from affine.properties import PROPERTIES
from affine.runner import Outcome, search
from docs.machinery.ledger import WRONG_LAYERS as FOLDER
from docs.machinery.ledger import first_line

WRONG_LAYERS = sorted(FOLDER.glob("*.py"))


def _searched(path: Path, name: str) -> Outcome:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        return search(PROPERTIES[name], load(str(path)))


@pytest.mark.parametrize("path", WRONG_LAYERS, ids=lambda path: path.stem)
def test_is_caught_on_a_minimal_case(path: Path) -> None:
    """Within 100 cases, and with at most 2 rows, features and outputs unless it needs more."""
    name, mistake = first_line(path)
    assert mistake
    outcome = _searched(path, name)
    assert outcome.status == "falsified"
    assert outcome.counterexample is not None
    if "# Needs: " not in path.read_text(encoding="utf-8"):
        assert max(outcome.counterexample.point.sizes) <= 2


@pytest.mark.parametrize(
    "path", [path for path in WRONG_LAYERS if path.stem != "noise"], ids=lambda path: path.stem
)
def test_the_same_seed_finds_the_same_case(path: Path) -> None:
    """A search is decided by its seed alone."""
    name, _ = first_line(path)
    one, other = _searched(path, name), _searched(path, name)
    assert repr(one.counterexample) == repr(other.counterexample)


def test_every_property_has_a_layer_that_it_must_catch() -> None:
    """A property that has never failed proves nothing."""
    assert {first_line(path)[0] for path in WRONG_LAYERS} == set(PROPERTIES)


def test_the_message_names_entry_value_and_expectation() -> None:
    """A reader learns what is wrong, where, and what it should be."""
    outcome = _searched(FOLDER / "dw_averaged.py", "dw_is_xt_dout")
    assert str(outcome.error) == "dw[0, 0] = 0.5, but should be 1"
