"""The autograder of Gradescope as its runner calls it: in a machine of its own, as root."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.checker.grade.classroom import layer
from tests.checker.grade.test_sandbox import missing_sandbox

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "docs" / "check" / "gradescope"

# What its documentation says of results.json: a score, or one for each test.
_TEXT, _NUMBER = {"type": "string"}, {"type": "number"}
_TEST = {"name": _TEXT, "score": _NUMBER, "max_score": _NUMBER, "output": _TEXT,
         "status": {"enum": ["passed", "failed"]}}  # fmt: skip
_TESTS = {"type": "array", "items": {"properties": _TEST, "additionalProperties": False}}
RESULTS = {
    "type": "object",
    "properties": {"score": _NUMBER, "output": _TEXT, "tests": _TESTS},
    "additionalProperties": False,
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
}
# What a layer must not reach: the results, and what makes them.
MEDDLES = """
for path in ("results/early.json", "source/gradescope.py", "source/points.toml"):
    try:
        open(f"/autograder/{path}", "a").write("#")
    except OSError:
        pass
"""
SUBMISSIONS = {
    "right": {"my_layer.py": layer(1)},
    "wrong": {"my_layer.py": layer(2, "dw")},
    "meddles": {"my_layer.py": MEDDLES + layer(3, "db")},
    "broken": {"my_layer.py": "def forward(:"},
    "several": {"a.py": layer(4), "b.py": layer(5)},
    "empty": {},
}

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="it runs as root"),
    pytest.mark.skipif(bool(missing_sandbox()), reason=missing_sandbox()),
]


def run_autograder(folder: Path, files: dict[str, str]) -> dict[str, Any]:
    """Return the results on a submission, in a root folder that has /autograder and the system."""
    folder.chmod(0o755)
    for name in ("submission", "results", "venv/bin"):
        (folder / name).mkdir(parents=True)
    for name, text in files.items():
        (folder / "submission" / name).write_text(text, encoding="utf-8")
    shutil.copytree(SOURCE, folder / "source")
    shutil.copy(SOURCE / "run_autograder", folder)  # as the image is built
    (folder / "run_autograder").chmod(0o755)
    # What setup.sh makes, from the Python that runs this test.
    python = f"/python/bin/{Path(sys.executable).resolve().name}"
    for name, module in {"affine": "-m affine", "python": ""}.items():
        program = folder / "venv" / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {python} {module} "$@"\n')
        program.chmod(0o755)
    seen = {path: path for path in ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc")}
    seen |= {sys.base_prefix: "/python", sysconfig.get_path("purelib"): "/packages"}
    seen |= {str(ROOT): "/own"}
    binds = [option for path in seen for option in ("--ro-bind-try", path, seen[path])]
    machine = ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/autograder")
    clean = ("--clearenv", "--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    own = ("--setenv", "PYTHONPATH", "/own:/packages", "--bind", str(folder), "/autograder")
    command = ["bwrap", *binds, *machine, *clean, *own, "/autograder/run_autograder"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))
    Draft202012Validator(RESULTS).validate(results)
    assert [file.name for file in (folder / "results").iterdir()] == ["results.json"]
    for file in SOURCE.iterdir():
        assert (folder / "source" / file.name).read_bytes() == file.read_bytes()
    return dict(results)


@pytest.mark.parametrize(
    ("name", "points", "said"),
    [
        ("right", {}, "was read as"),
        ("wrong", {"dw": 0}, "was read as"),
        ("meddles", {"db": 0}, "was read as"),
        ("broken", None, "SyntaxError in line 1"),
        ("several", None, "several files: a.py, b.py"),
        ("empty", None, "no Python file"),
    ],
)
def test_each_submission_has_its_results(
    tmp_path: Path, name: str, points: dict[str, int] | None, said: str
) -> None:
    results = run_autograder(tmp_path, SUBMISSIONS[name])
    assert said in results["output"]
    scores = {test["name"]: test["score"] for test in results.get("tests", ())}
    if points is None:
        assert (scores, results["score"]) == ({}, 0)
    else:
        assert scores == {"out": 25, "dx": 25, "dw": 25, "db": 25} | points
