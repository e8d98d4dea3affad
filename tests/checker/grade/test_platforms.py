"""What course platforms and CI read: Gradescope, GitHub Actions; run as they run it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from affine.checker.grade.annotation import annotations
from affine.checker.grade.points import Points
from affine.checker.grade.results import not_judged, row
from affine.checker.report.record import dumps
from tests.checker.command_line import main
from tests.checker.grade.classroom import layer
from tests.checker.grade.test_grade import handed_in
from tests.checker.report_factory import reports

ROOT = Path(__file__).parents[3]
GRADESCOPE = ROOT / "docs" / "check" / "gradescope"
# What its documentation says of results.json.
SCORES = {"score", "output", "tests"}
TESTS = {"name", "score", "max_score", "status", "output"}


def gradescope(out: Path) -> dict[str, Any]:
    program = [sys.executable, str(GRADESCOPE / "gradescope.py")]
    files = [str(out / "results.json"), str(GRADESCOPE / "points.toml")]
    done = subprocess.run([*program, *files], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_gradescope_gets_a_test_for_each_part(tmp_path: Path) -> None:
    handed_in(tmp_path / "all", submission=layer(1, "dw"))
    points = ("--points", str(GRADESCOPE / "points.toml"), "--out", str(tmp_path / "out"))
    assert main("grade", str(tmp_path / "all"), *points, "--jobs", "1").code == 0
    record = gradescope(tmp_path / "out")
    assert record.keys() <= SCORES
    assert all(test.keys() == TESTS for test in record["tests"])
    assert {test["name"]: test["score"] for test in record["tests"]} == {
        "out": 25, "dx": 25, "dw": 0, "db": 25,
    }  # fmt: skip
    (failed,) = (test for test in record["tests"] if test["status"] == "failed")
    assert failed["output"].startswith("Your dw")


@pytest.mark.parametrize(
    ("names", "said"),
    [(["ada"], "Not judged, so there are no points yet: why"), (["a", "b"], "several files")],
)
def test_gradescope_says_why_there_are_no_points(
    tmp_path: Path, names: list[str], said: str
) -> None:
    points = Points.read(GRADESCOPE / "points.toml", "textbook", ())
    found = [row(name, "p", not_judged(name, "why"), points).record() for name in names]
    (tmp_path / "results.json").write_text(json.dumps({"submissions": found}))
    record = gradescope(tmp_path)
    assert record["score"] == 0
    assert said in record["output"]


@pytest.mark.parametrize("kind", reports())
def test_an_annotation_is_one_line_at_the_layer(kind: str) -> None:
    report = json.loads(dumps(reports()[kind]))
    lines = list(annotations(report, "a:b,c.py", "def forward(): ...\ndef backward(): ..."))
    assert len(lines) == len(report["findings"]) + (report["verdict"] == "error")
    command = re.compile(r"::(error|warning) file=a%3Ab%2Cc\.py,line=\d,title=[^\n:,]*::[^\n\r]+")
    assert [line for line in lines if not command.fullmatch(line)] == []


@pytest.mark.skipif(sys.platform == "win32", reason="its steps are of bash")
@pytest.mark.parametrize(("wrong", "code", "count"), [("dw", 1, 1), ("", 0, 0)])
def test_the_steps_of_the_action_run(tmp_path: Path, wrong: str, code: int, count: int) -> None:
    """The last one, as a runner does; the others set up Python and install this package."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    step = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"][-1]
    (tmp_path / "my_layer.py").write_text(layer(1, wrong), encoding="utf-8")
    given = {"TARGET": "my_layer.py", "OPTIONS": "--only dw_is_xt_dout --seed 3"}
    assert step["env"].keys() == given.keys()
    bin_first = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | given | {
        "RUNNER_TEMP": str(tmp_path), "PATH": bin_first, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, "")
    found = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert len(found) == count
    assert all("file=my_layer.py,line=12,title=affine%3A dw::Your dw" in line for line in found)
