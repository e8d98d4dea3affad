"""The run under other Pythons and dependencies: what it takes, what it keeps, when it fails."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import versions


@pytest.mark.parametrize("minor", ["3.11", "3.12", "3.13", "3.14"])
def test_each_python_has_one_oldest_version_of_each_dependency(minor: str) -> None:
    """No marker leaves out a Python, and no two overlap."""
    names = {Requirement(each).name for each in versions.dependencies()}
    pinned = [
        found
        for each in versions.oldest()
        if not (found := Requirement(each)).marker
        or found.marker.evaluate({"python_version": minor})
    ]
    assert sorted(found.name for found in pinned) == sorted(names)
    assert all(re.fullmatch(r"==[\d.]+", str(found.specifier)) for found in pinned)


def test_the_tools_are_pinned_and_the_tests_exist() -> None:
    assert len(versions.tools()) == len(versions.TOOLS)
    for each in versions.TESTS:
        path, _, function = each.partition("::")
        assert (versions.ROOT / path).exists()
        assert not function or f"def {function}(" in (versions.ROOT / path).read_text("utf-8")


def test_this_python_comes_first_and_what_is_none_is_left_out(tmp_path: Path) -> None:
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    broken = tmp_path / "python3.99"
    broken.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    broken.chmod(0o755)
    assert versions.pythons([str(broken), sys.executable]) == {minor: sys.executable}
    assert versions.candidates()[0] == sys.executable


def test_an_environment_is_made_again_only_for_other_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = []

    def output_of(*command: str) -> str:
        commands.append(command[1:3])
        if "venv" in command:
            Path(command[-1]).mkdir(parents=True, exist_ok=True)
        return ""

    monkeypatch.setattr(versions, "FOLDER", tmp_path)
    monkeypatch.setattr(versions, "output_of", output_of)
    made = [("-VV",), ("-m", "venv"), ("-m", "pip")]
    versions.environment(sys.executable, "3.11-oldest")
    assert commands == made
    versions.environment(sys.executable, "3.11-oldest")
    assert commands == [*made, ("-VV",)]
    monkeypatch.setattr(versions, "oldest", lambda: ["numpy==2.1"])
    versions.environment(sys.executable, "3.11-oldest")
    assert commands == [*made, ("-VV",), *made]
    assert (tmp_path / "3.11-oldest" / "constraints.txt").read_text() == "numpy==2.1"


def test_a_failure_is_shown_and_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def output_of(*command: str) -> str:
        if "pytest" in command and command[0] == "newest":
            raise subprocess.CalledProcessError(1, command, "why\n1 failed in 2s\n")
        return "1 passed in 2s\n"

    monkeypatch.setattr(versions, "environment", lambda python, name: name.partition("-")[2])
    monkeypatch.setattr(versions, "output_of", output_of)
    assert versions.main(["--this-python", "--only", "oldest"]) == 0
    assert capsys.readouterr().out.endswith(
        "-oldest: 1 passed in 2s: 1 passed in 2s (0 s in all)\n"
    )
    assert versions.main(["--this-python"]) == 1
    assert "---- the end of what" in (printed := capsys.readouterr().out)
    assert printed.endswith("why\n1 failed in 2s\n")
