"""A copy of the project, built with the very command that `make site-build` runs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "build", "copy_to"]

ROOT = Path(__file__).parents[2]
NEEDED = ("affine", "docs", "mkdocs.yml", "CITATION.cff", "CHANGELOG.md")


def copy_to(folder: Path) -> Path:
    """Copy what the build reads into a folder."""
    for name in NEEDED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def build(copy: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Build a copy, without the results of the suite: pages then show no outputs."""
    plan = subprocess.run(
        ["make", "--dry-run", "site-build"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = plan.stdout.replace("\\\n", " ").splitlines()
    (command,) = (line for line in lines if "mkdocs build" in line)
    command = re.sub(r"AFFINE_LEDGER=\S+", "", command)
    return subprocess.run(
        command.replace(str(ROOT), str(copy)), shell=True, cwd=copy, capture_output=True, text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | environ, check=False,
    )  # fmt: skip
