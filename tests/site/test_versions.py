"""Two versions, published in a repository of their own: what stays, and what leads where."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("mike", reason="run make test-site: the packages of these tests are missing")

from docs.site_builder.citation.publish import moved_links
from tests.site.building import copy_to
from tests.site.conftest import ADDRESS
from tests.site.dead_links import dead_links

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OLD, NEW = "0.1.0", "0.2.0"


def run(*command: str, at: Path, **environ: str) -> str:
    done = subprocess.run(
        command, cwd=at, env=os.environ | environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def publish(project: Path, version: str) -> None:
    """Release a version of the copy, and publish it."""
    for name, line in (
        ("affine/__init__.py", '__version__ = "{}"'),
        ("CITATION.cff", "version: {}"),
    ):
        path = project / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(line.format(OLD), line.format(version)), encoding="utf-8")
    run("git", "add", "--all", at=project)
    run("git", "commit", "--quiet", "--allow-empty", f"--message={version}", at=project)
    run(
        sys.executable, "-m", "docs.site_builder.citation.publish", "--push", "origin",
        at=project, AFFINE_SITE_URL=ADDRESS, NO_MKDOCS_2_WARNING="1",
    )  # fmt: skip


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a host serves after two releases."""
    project = copy_to(tmp_path_factory.mktemp("project"))
    (project / ".gitignore").write_text("/.venv\n/site\n__pycache__\n", encoding="utf-8")
    bare, served = tmp_path_factory.mktemp("bare"), tmp_path_factory.mktemp("served")
    run("git", "init", "--quiet", "--bare", at=bare)
    run("git", "init", "--quiet", at=project)
    for name, value in (("user.name", "A releaser"), ("user.email", "releaser@affine.example")):
        run("git", "config", name, value, at=project)
    run("git", "remote", "add", "origin", str(bare), at=project)
    for version in (OLD, NEW):
        publish(project, version)
    run("git", "clone", "--quiet", "--branch=gh-pages", str(bare), ".", at=served)
    return served


def test_both_versions_are_there_and_the_new_one_is_the_latest(published: Path) -> None:
    versions = json.loads((published / "versions.json").read_text(encoding="utf-8"))
    assert [(one["version"], one["aliases"]) for one in versions] == [(NEW, ["latest"]), (OLD, [])]
    assert (published / "latest" / "index.html").is_file()
    assert "latest/" in (published / "index.html").read_text(encoding="utf-8")


def test_a_tag_page_has_one_place_and_lists_the_versions(published: Path) -> None:
    assert not (published / OLD / "t").exists()
    assert not (published / NEW / "t").exists()
    page = (published / "t" / "dw" / "index.html").read_text(encoding="utf-8")
    for version in (OLD, NEW):
        assert f'<a href="../../{version}/derivation/whole-batch.html#eq-dw">{version}</a>' in page
    assert f'<link rel="cite-as" href="{ADDRESS}t/dw/">' in page
    assert f'<link rel="canonical" href="{ADDRESS}t/dw/">' in page


def test_no_link_of_either_version_is_dead(published: Path) -> None:
    for below in (OLD, NEW, "t"):
        assert list(dead_links(published, below, ADDRESS)) == []


def test_the_records_of_a_version_say_which_one_it_is(published: Path) -> None:
    for version in (OLD, NEW):
        record = (published / version / "cite" / "all.bib").read_text(encoding="utf-8")
        assert f"Version {version}" in record
        assert f"url          = {{{ADDRESS}t/dw/}}" in record
        assert f"{ADDRESS}{version}/derivation/" in record


def test_the_sitemap_lists_tag_pages_where_they_are(published: Path) -> None:
    text = (published / NEW / "sitemap.xml").read_text(encoding="utf-8")
    assert f"<loc>{ADDRESS}t/dw/" in text
    assert f"{NEW}/t/" not in text


def test_an_old_page_has_a_banner_and_a_selector(
    published: Path, serve: Callable[[Path], str], chromium: "Browser"
) -> None:
    address = serve(published)
    page = chromium.new_page()
    for place, outdated in ((OLD, True), (NEW, False), ("latest", False)):
        page.goto(f"{address}/{place}/derivation/whole-batch.html", wait_until="networkidle")
        banner = page.locator("[data-md-component=outdated]")
        assert banner.is_visible() == outdated, place
        assert page.locator(".md-version__current").inner_text().startswith(NEW[:2])
    page.goto(f"{address}/t/dw/", wait_until="networkidle")
    assert not page.locator("[data-md-component=outdated]").is_visible()
    page.locator("article").get_by_role("link", name=OLD, exact=True).click()
    assert page.url.endswith(f"/{OLD}/derivation/whole-batch.html#eq-dw")
    page.close()


def test_only_links_between_versions_and_tag_pages_move() -> None:
    inside = '<a href="../t/dw/index.html"></a><a href="forward.html"></a>'
    moved = moved_links(inside, "derivation/one-entry.html", NEW)
    assert moved == '<a href="../../t/dw/index.html"></a><a href="forward.html"></a>'
    tag = '<a href="../dx/index.html"></a><a href="../../cite.html"></a>{"base": "../.."}'
    moved = moved_links(tag, "t/dw/index.html", NEW)
    kept, new = '<a href="../dx/index.html"></a>', '<a href="../../0.2.0/cite.html"></a>'
    assert moved == f'{kept}{new}{{"base": "../../0.2.0"}}'
