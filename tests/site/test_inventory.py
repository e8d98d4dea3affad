"""Other projects refer to an equation by its tag, through `objects.inv`, without the network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from affine.equations import EQUATIONS
from tests.site.conftest import ADDRESS, ROOT

pytest.importorskip("sphinx", reason="run make test-site: the packages of these tests are missing")

HOME = f"{ADDRESS}derivation/whole-batch.html#eq-dw"


def built(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )


def sphinx(folder: Path, inventory: Path, text: str) -> subprocess.CompletedProcess[str]:
    mapping = {"affine": (ADDRESS, str(inventory))}
    settings = f'extensions = ["sphinx.ext.intersphinx"]\nintersphinx_mapping = {mapping}\n'
    (folder / "conf.py").write_text(settings, encoding="utf-8")
    (folder / "index.rst").write_text(f"Other project\n=============\n\n{text}\n", encoding="utf-8")
    return built(folder, "sphinx", "-W", "-n", "-q", "-b", "html", ".", "html")


def mkdocs(folder: Path, inventory: Path, text: str) -> subprocess.CompletedProcess[str]:
    inventories = [{"url": inventory.as_uri(), "base_url": ADDRESS, "domains": ["std"]}]
    config = {
        "site_name": "Other project",
        "use_directory_urls": False,
        "plugins": ["autorefs", {"mkdocstrings": {"handlers": {"python": {
            "inventories": inventories, "load_external_modules": False,
        }}}}],
    }  # fmt: skip
    (folder / "mkdocs.yml").write_text(json.dumps(config), encoding="utf-8")
    (folder / "docs").mkdir()
    page = f"# Other project\n\n{text}\n\n::: json.dumps\n"
    (folder / "docs" / "index.md").write_text(page, encoding="utf-8")
    return built(folder, "mkdocs", "build", "--strict", "--site-dir", "html")


PROJECTS = [(sphinx, ":external+affine:std:ref:`{}`"), (mkdocs, "[the equation][{}]")]


def test_the_inventory_names_the_version(addressed: Path) -> None:
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    head = (addressed / "objects.inv").read_bytes().split(b"\n", 3)
    assert head[2].decode() == f"# Version: {cff['version']}"


@pytest.mark.parametrize(("project", "reference"), PROJECTS, ids=["sphinx", "mkdocs"])
def test_another_project_resolves_every_equation(
    project: object, reference: str, addressed: Path, tmp_path: Path
) -> None:
    assert callable(project)
    text = "\n\n".join(reference.format(f"eq-{tag}") for tag in EQUATIONS)
    done = project(tmp_path, addressed / "objects.inv", text)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert f'href="{HOME}"' in page
    for tag in EQUATIONS:
        assert f"#eq-{tag}" in page


@pytest.mark.parametrize(("project", "reference"), PROJECTS, ids=["sphinx", "mkdocs"])
def test_another_project_is_told_of_an_equation_that_does_not_exist(
    project: object, reference: str, addressed: Path, tmp_path: Path
) -> None:
    assert callable(project)
    done = project(tmp_path, addressed / "objects.inv", reference.format("eq-gone"))
    assert done.returncode != 0
    assert "eq-gone" in done.stdout + done.stderr
