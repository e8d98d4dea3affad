"""The files for the hosting service keep to its schemas; workflows pin what they run."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.site.building import ROOT

pytest.importorskip("check_jsonschema", reason="run make test-site: its packages are missing")

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml"))


def complaints(path: Path, schema: str = "workflows") -> str:
    options = ["--builtin-schema", f"vendor.github-{schema}", str(path)]
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


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_a_form_for_issues_is_valid(form: Path) -> None:
    assert not complaints(form, "issue-forms")


def test_a_release_says_where_the_site_and_the_source_are(tmp_path: Path) -> None:
    """The repository does not know its address, so the workflow adds it to the metadata."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    steps = {step.get("name"): step for step in workflow["jobs"]["build"]["steps"]}
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    host = {
        "AFFINE_SITE_URL": "https://affine.example/",
        "GITHUB_SERVER_URL": "https://host.example",
        "GITHUB_REPOSITORY": "somebody/affine",
        "GITHUB_REF_NAME": "v0.2.0",
    }
    command = steps["Say where the site and the source are"]["run"]
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env=os.environ | host, check=True)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"] == {
        "Homepage": "https://affine.example/",
        "Source": "https://host.example/somebody/affine",
        "Issues": "https://host.example/somebody/affine/issues",
        "Changelog": "https://host.example/somebody/affine/blob/v0.2.0/CHANGELOG.md",
    }


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_pinned_by_its_commit(workflow: Path) -> None:
    """A tag can be moved to other code; the comment says which version the commit is."""
    used = re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
