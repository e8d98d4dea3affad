"""Tools from npm, which `make audit` installs; without them the tests are skipped."""

import shutil
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[3] / "build" / "audit" / "node_modules"


def tool(*parts: str) -> Path:
    path = TOOLS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{parts[-1]} is not installed: run make audit")
    return path


def program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} on the PATH: on Debian, apt-get install {package}")
    return path
