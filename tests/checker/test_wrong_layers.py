"""Every known-wrong layer is caught by the property it names, on a minimal case."""

import warnings
from pathlib import Path

import pytest

from affine.checker import Outcome
from affine.checker.reading import load
from affine.checker.search import search
from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS as FOLDER
from docs.site_builder.suite.wrong_layers import first_line, frameworks
from tests.conftest import sampled

WRONG_LAYERS = sorted(FOLDER.glob("*.py"))
# Each gives what it draws from a generator that nobody seeds.
RANDOM = {"noise", "noise_of_one_in_a_billion", "dropout_left_on"}
SEEDED = [path for path in WRONG_LAYERS if path.stem not in RANDOM and not frameworks(path)]


def _searched(path: Path, name: str) -> Outcome:
    for framework in frameworks(path):
        pytest.importorskip(framework)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        return search(PROPERTIES[name], load(str(path)))


@pytest.mark.parametrize("path", sampled(WRONG_LAYERS, 6), ids=lambda path: path.stem)
def test_is_caught_on_a_minimal_case(path: Path) -> None:
    """Within 100 cases, and with at most 2 rows, features and outputs unless it needs more."""
    name, mistake = first_line(path)
    assert mistake
    outcome = _searched(path, name)
    assert outcome.status == "falsified"
    assert outcome.counterexample is not None
    if "# Needs: " not in path.read_text(encoding="utf-8"):
        assert max(outcome.counterexample.primal.sizes) <= 2


@pytest.mark.parametrize("path", sampled(SEEDED[::8], 5), ids=lambda path: path.stem)
def test_the_same_seed_finds_the_same_case(path: Path) -> None:
    """A search is decided by its seed alone."""
    name, _ = first_line(path)
    one, other = _searched(path, name), _searched(path, name)
    assert repr(one.counterexample) == repr(other.counterexample)


def test_every_property_catches_a_wrong_layer() -> None:
    """One that finds nothing proves nothing."""
    caught = {first_line(path)[0] for path in WRONG_LAYERS}
    assert set(PROPERTIES) <= caught, "no file of tests/wrong_layers names it in its first line"
    assert caught <= set(PROPERTIES), "the first line of a wrong layer names no property"


def test_there_are_many_mistakes() -> None:
    """Each is one that somebody could make."""
    assert len(WRONG_LAYERS) >= 95


def test_the_message_names_entry_value_and_expectation() -> None:
    """A reader learns what is wrong, where, and what it should be."""
    outcome = _searched(FOLDER / "dw_averaged.py", "dw_is_xt_dout")
    assert str(outcome.error) == "dw[0, 0] = 0.5, but should be 1"
