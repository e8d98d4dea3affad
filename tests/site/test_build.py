"""The build refuses a site with a loose end, with the very command that `make site-build` runs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

ROOT = Path(__file__).parents[2]
NEEDED = ("affine", "docs", "mkdocs.yml", "CITATION.cff", "CHANGELOG.md")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in NEEDED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def build(copy: Path) -> subprocess.CompletedProcess[str]:
    plan = subprocess.run(
        ["make", "--dry-run", "site-build"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = plan.stdout.replace("\\\n", " ").splitlines()
    (command,) = (line for line in lines if "mkdocs build" in line)
    # Without the results of the suite, the pages show no outputs: nothing of that is tested here.
    command = re.sub(r"AFFINE_LEDGER=\S+", "", command)
    return subprocess.run(
        command.replace(str(ROOT), str(copy)), shell=True, cwd=copy, capture_output=True, text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("where", "old", "new", "complaint"),
    [
        ("glossary.md", "[(out)][eq-out]", "[(gone)][eq-gone]", "'eq-gone'"),
        ("glossary.md", "# Glossary", "[gone](gone.md)", "'gone.md'"),
        ("derivation/algebra.md", "[[equation: linearity]]", "", "(linearity) has no home"),
        ("derivation/forward.md", "[[equation: out]]", r"\[ \nosuch \]", r"\nosuch"),
        ("derivation/forward.md", "print(out)", "print(no_such_name)", "no_such_name"),
    ],
)
def test_a_loose_end_fails_the_build(
    copy: Path, where: str, old: str, new: str, complaint: str
) -> None:
    path = copy / "docs" / where
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    built = build(copy)
    assert built.returncode != 0
    assert complaint in built.stdout + built.stderr


def test_a_deleted_equation_fails_the_build(copy: Path) -> None:
    registry = copy / "affine" / "equations.toml"
    entries = registry.read_text(encoding="utf-8").split("[[equation]]")
    kept = [entry for entry in entries if 'tag = "balance"' not in entry]
    assert len(kept) == len(entries) - 1
    registry.write_text("[[equation]]".join(kept), encoding="utf-8")
    built = build(copy)
    assert built.returncode != 0
    assert "balance" in built.stdout + built.stderr


def test_the_copy_itself_builds(copy: Path) -> None:
    built = build(copy)
    assert built.returncode == 0, built.stderr
