"""The line that should stand there: in the place of the wrong one, it makes the layer right."""

import re
from functools import cache
from pathlib import Path

import pytest

from affine.checker import check
from affine.checker.diagnosis import MISTAKES, Mistake
from affine.checker.process.worker import Worker
from affine.checker.report import Report
from affine.properties import PROPERTIES
from docs.site_builder.suite.mistake_examples import source
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, first_line, frameworks
from tests.conftest import sampled


def lines(code: str) -> list[str]:
    """Return the lines of a formula of the catalogue."""
    return code.split("; ") if code else []


def mended(code: str, mistake: Mistake) -> str:
    """Return a layer with the right lines for the wrong ones; without those that have none."""
    wrong, right = lines(mistake.formula), lines(mistake.right)
    right = [""] * (len(wrong) - len(right)) + right
    right[len(wrong) - 1 :] = ["; ".join(right[len(wrong) - 1 :])]
    for old, new in zip(wrong, right, strict=True):
        found = re.search(rf"^([ ]*)(.*){re.escape(old)}(.*\n)", code, re.MULTILINE)
        assert found, (mistake.name, old)
        indent, before, after = found.groups()
        statements = [f"{indent}{before}{each}{after}" for each in new.split("; ") if each]
        code = code[: found.start()] + "".join(statements) + code[found.end() :]
    return code


@cache
def report_on(code: str, folder: Path, only: str) -> Report:
    path = folder / "layer.py"
    path.write_text(code, encoding="utf-8")
    with Worker(str(path)) as worker:
        return check(worker.layer, only=[only] if only else [], budget=60.0)


def wrong_layer_of(mistake: Mistake, folder: Path) -> tuple[str, str]:
    """Return a layer that makes a mistake, and the property that catches it, `""` for all."""
    if (code := source(mistake.formula)) and report_on(code, folder, "").verdict == "fail":
        return code, ""
    for path in sorted(WRONG_LAYERS.glob("*.py")):
        code, only = path.read_text(encoding="utf-8"), first_line(path)[0]
        is_of_mistake = mistake.name in PROPERTIES[only].points_to or not source(mistake.formula)
        has_lines = all(line in code for line in lines(mistake.formula))
        if is_of_mistake and has_lines and not frameworks(path):
            return code, only
    return "", ""


@pytest.mark.parametrize("name", sampled(list(MISTAKES), 9))
def test_the_right_line_mends_the_wrong_layer(name: str, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """By the properties of a textbook layer, and by the one that catches it."""
    mistake, folder = MISTAKES[name], tmp_path_factory.getbasetemp()
    code, only = wrong_layer_of(mistake, folder)
    assert code, "no wrong layer of tests/wrong_layers holds its line"
    assert report_on(code, folder, only).verdict == "fail"
    for properties in {"", only}:
        report = report_on(mended(code, mistake), folder, properties)
        assert report.verdict == "pass", (mended(code, mistake), report.findings)
