"""The line that should stand there: in the place of the wrong one, it makes the layer right."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from affine.checker import check
from affine.checker.diagnosis import MISTAKES, Mistake
from affine.checker.process.worker import Worker
from affine.checker.report import Finding
from affine.layer import WorkerDied
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


_OF_VALUES = ("algebra", "special")


@cache
def causes_of(code: str, folder: Path, only: str = "") -> Mapping[str, str]:
    """Return the properties that a layer breaks, each with the name of its mistake."""
    path = folder / "layer.py"
    path.write_text(code, encoding="utf-8")
    with Worker(str(path)) as worker:
        report = check(worker.layer, profile="library", only=[only] if only else [], budget=60.0)
    assert report.verdict in ("pass", "fail"), report.error_message
    return {
        outcome.name: _name_of(finding)
        for finding in report.findings
        for outcome in finding.outcomes
    }


def _name_of(finding: Finding) -> str:
    if isinstance(finding.outcomes[0].error, WorkerDied):
        return "process-ended"
    return finding.diagnosis.mistake.name if finding.diagnosis and finding.diagnosis.mistake else ""


def wrong_layers_of(mistake: Mistake) -> Iterator[tuple[str, str]]:
    """Yield layers that hold the wrong line, that of the textbook first, and what to try alone."""
    of_values = [
        name for name, one in PROPERTIES.items() if one.points_to and one.group in _OF_VALUES
    ]
    if code := source(mistake.formula):
        yield from ((code, only) for only in ("", *of_values))
    for path in sorted(WRONG_LAYERS.glob("*.py")):
        code = path.read_text(encoding="utf-8")
        if all(line in code for line in lines(mistake.formula)):
            needed = frameworks(path)
            if not needed:
                yield code, ""
            if all(map(find_spec, needed)):
                yield code, first_line(path)[0]


@pytest.mark.parametrize("name", sampled(list(MISTAKES), 64, 32))
def test_the_right_line_mends_the_wrong_layer(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No property fails for that mistake any more, and none for another that did not before."""
    mistake, folder = MISTAKES[name], tmp_path_factory.getbasetemp()
    for code, only in wrong_layers_of(mistake):
        before = causes_of(code, folder, only)
        if name in before.values():
            break
    else:
        if not mistake.unshown:
            pytest.importorskip("torch")  # which the one that makes it may need
            pytest.fail("no wrong layer makes it")
        return
    after = causes_of(mended(code, mistake), folder, only)
    assert name not in after.values(), mended(code, mistake)
    # What was hidden by the mistake: a layer of the textbook accepts a bias of any shape.
    assert set(after) <= {*before, "wrong_shapes_are_refused"}, mended(code, mistake)
