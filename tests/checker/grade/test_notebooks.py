"""The cells of the platforms page in the real packages, where these are installed."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checker.grade.classroom import layer

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "check"
CODE = {"ada": layer(1), "bob": layer(2, "dw"), "cy": layer(3, "db")}

pytestmark = [pytest.mark.exhaustive, pytest.mark.long]


def run(folder: Path, *command: str) -> None:
    """Run a module of Python as a teacher does, with nothing of this user's Jupyter."""
    own = {name: str(folder / ".jupyter") for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR")}
    own["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, **own, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def notebook(file: Path, *cells: Any) -> None:
    """Write a notebook of cells, which are code, or code and what nbgrader is to know of it."""
    import nbformat.v4 as v4

    both = [(each, {}) if isinstance(each, str) else each for each in cells]
    written = v4.new_notebook(
        cells=[v4.new_code_cell(code, metadata={"nbgrader": known} if known else {})
               for code, known in both],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(written), encoding="utf-8")


def test_nbgrader_gives_the_points_of_the_parts(tmp_path: Path) -> None:
    """From the assignment of a teacher to the table of grades."""
    pytest.importorskip("nbgrader", reason="nbgrader is not installed")
    section = (PAGE / "platforms.md").read_text(encoding="utf-8").partition("## nbgrader")[2]
    cell = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert cell
    kinds = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    solution = {**kinds, "grade_id": "layer", "solution": True}
    test = {**kinds, "grade_id": "test", "grade": True, "locked": True, "points": 8}
    blank = f"### BEGIN SOLUTION\n{layer(0)}\n### END SOLUTION"
    notebook(tmp_path / "source" / "week" / "layer.ipynb", (blank, solution), (cell[1], test))
    run(tmp_path, "nbgrader", "generate_assignment", "week")
    for name, code in CODE.items():
        handed_in = tmp_path / "submitted" / name / "week" / "layer.ipynb"
        notebook(handed_in, (code, solution), (cell[1], test))
    run(tmp_path, "nbgrader", "autograde", "week")
    run(tmp_path, "nbgrader", "export", "--to", "grades.csv")
    grades = csv.DictReader((tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines())
    assert {each["student_id"]: float(each["score"]) for each in grades} == {
        "ada": 8, "bob": 6, "cy": 6,
    }  # fmt: skip


def test_otter_gives_a_point_for_each_part(tmp_path: Path) -> None:
    """As its autograder does, from the zip file that it makes of the test file."""
    pytest.importorskip("otter", reason="Otter is not installed")
    (tmp_path / "tests").mkdir()
    shutil.copy(PAGE / "otter" / "layer.py", tmp_path / "tests")
    run(tmp_path, "otter", "generate", "-t", "tests")
    for name, code in CODE.items():
        begin = "import otter\ngrader = otter.Notebook()"
        notebook(tmp_path / f"{name}.ipynb", begin, code, 'grader.check("layer")')
        out = ("-a", "autograder.zip", "-o", name)
        (tmp_path / name).mkdir()
        run(tmp_path, "otter", "run", *out, f"{name}.ipynb")
        results = json.loads((tmp_path / name / "results.json").read_text(encoding="utf-8"))
        scores = {each["name"]: each.get("score") for each in results["tests"]}
        assert scores["layer"] == (4 if name == "ada" else 3)
