"""Layers as courses, books and libraries write them: each is read, or refused, as it should be."""

import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from affine.checker import Report, check
from affine.checker.reading import TargetError, load
from affine.checker.report.text import text
from tests.conftest import sampled

TABLE = tomllib.loads((Path(__file__).parent / "conventions.toml").read_text(encoding="utf-8"))
LAYERS = Path(__file__).parents[1] / "layers"
NAMES = [
    f"{group}-{convention}-{file}"
    for group, members in TABLE.items()
    for convention, entry in members.items()
    for file in [*entry.get("layers", ()), *entry.get("files", ())]
]
PACKAGED = """
def forward(x, w, b): return product(x, w) + b
def backward(dout, x, w): return product(dout, w.T), product(x.T, dout), dout.sum(axis=0)
"""


@pytest.fixture(autouse=True)
def own_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target's folder stays importable: here, until the end of the test."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def entry_of(name: str) -> dict[str, Any]:
    """Return what the table says of a layer."""
    group, convention, _ = name.split("-", 2)
    return TABLE[group][convention]


def path_of(name: str, folder: Path) -> Path:
    """Return the file of a layer, written into a folder if the table has its code."""
    entry, file = entry_of(name), name.split("-", 2)[2]
    if file in entry.get("files", ()):
        return LAYERS / f"{file}.py"
    code = entry["layers"][file].lstrip()
    if file.endswith(".ipynb"):
        cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        cell["source"] = code.splitlines(keepends=True)
        code = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    path = folder / (file if file.endswith(".ipynb") else f"{file}.py")
    path.write_text(code, encoding="utf-8")
    return path


def report_on(path: Path, option: str = "") -> Report:
    """Return the report of `affine check` with this option, in this process."""
    for needed in ("torch", "jax"):
        imported = re.search(rf"^import {needed}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        if imported and importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    chosen = dict([option.removeprefix("--").split()] if option else [])
    try:
        return check(load(str(path)), **chosen)
    except TargetError as refused:
        return Report(str(path), error_message=str(refused), **chosen)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("name", sampled(NAMES, step=54, wide=27))
def test_a_convention_is_read_and_judged(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    entry = entry_of(name)
    if entry["expected"] == "pass":  # what is wrong may show on few of all cases
        request.getfixturevalue("few_cases")
    report = report_on(path_of(name, tmp_path), entry.get("option", ""))
    shown = text(report, width=10_000, verbose=True).partition(":")[2]
    assert report.verdict in entry["expected"].split(" or "), shown
    for words in entry.get("read_as", ()):
        assert words in report.form, shown
    for words in entry.get("message", ()):
        assert words in shown
    for words in entry.get("absent", ()):
        assert words not in shown, shown


@pytest.mark.parametrize(
    "file", sampled(list(TABLE["kind"]["file_name_is_no_identifier"]["layers"]), 3)
)
def test_a_reproduction_runs_beside_a_file_of_any_name(file: str, tmp_path: Path) -> None:
    report = report_on(path_of(f"kind-file_name_is_no_identifier-{file}", tmp_path))
    found = report.findings[0].reproduction
    assert Path(found.folder) == tmp_path
    assert found.was_run, found.why_none


@pytest.mark.usefixtures("few_cases")
@pytest.mark.parametrize("place", ["nets/layers.py", "a/b/dense.py", "lib/nn/linear/layer.py"])
def test_a_file_of_a_package_imports_from_the_folder_of_the_command(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `python -m` does from there; where that is refused, the message names the module."""
    path, module = tmp_path / place, ".".join(Path(place).parent.parts)
    path.parent.mkdir(parents=True)
    (path.parent / "products.py").write_text("def product(x, w): return x @ w\n")
    code = f"from {module}.products import product\n" + PACKAGED
    path.write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    report = report_on(Path(place))
    assert report.verdict == "pass" or place.removesuffix(".py").replace("/", ".") in (
        report.error_message
    )
