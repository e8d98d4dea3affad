"""Whole wrong layers, as people write them: each is found, and none is named wrongly."""

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from affine.checker import check
from affine.checker.reading import load
from tests.conftest import sampled

FOLDER = Path(__file__).parents[1]
LAYERS: dict[str, dict[str, Any]] = {
    f"{stem}-{place}": layer
    for stem in ("holdout_sources", "holdout_apart", "holdout_unseen")
    for place, layer in enumerate(
        tomllib.loads((FOLDER / f"{stem}.toml").read_text(encoding="utf-8"))["layer"]
    )
}
# What none of these checks, or what takes two axes alone, is told so besides.
TRUE_BESIDES = {"shapes-not-checked", "raises"}


@pytest.mark.parametrize("name", sampled(list(LAYERS), 60, 30))
def test_a_layer_of_the_holdout_is_found_and_named(name: str, tmp_path: Path) -> None:
    """By its mistake, or by the condition under which it is wrong."""
    layer = LAYERS[name]
    if "import torch" in layer["code"] and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    path = tmp_path / "layer.py"
    path.write_text(f"import numpy as np\n{layer['code']}", encoding="utf-8")
    report = check(load(str(path)), profile=layer.get("profile", "textbook"), budget=120.0)
    assert report.verdict == ("pass" if "missed" in layer else "fail")
    if "missed" in layer:
        return
    found = [finding.diagnosis for finding in report.findings if finding.diagnosis]
    names = {each.mistake.name for each in found if each.mistake}
    expected = set(layer["mistake"].split(" or "))
    assert names <= expected | TRUE_BESIDES, found
    assert names & expected or "nothing" in expected or "says" in layer, found
    assert any(re.search(layer.get("says", ""), each.sentence) for each in found), found
