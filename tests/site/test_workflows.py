"""The workflow files keep to the hosting service's schema, and pin what they run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.building import ROOT

pytest.importorskip("check_jsonschema", reason="run make test-site: its packages are missing")

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def complaints(workflow: Path) -> str:
    options = ["--builtin-schema", "vendor.github-workflows", str(workflow)]
    command = [sys.executable, "-m", "check_jsonschema", *options]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout if found.returncode else ""


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_valid(workflow: Path) -> None:
    assert not complaints(workflow)


def test_a_workflow_without_a_runner_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    assert "runs-on:" in text
    wrong.write_text(text.replace("runs-on:", "runs-off:"), encoding="utf-8")
    assert "runs-off" in complaints(wrong)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_pinned_by_its_commit(workflow: Path) -> None:
    """A tag can be moved to other code; the comment says which version the commit is."""
    used = re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
