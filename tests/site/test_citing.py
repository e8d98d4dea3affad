"""What a reader finds to cite: tags in the head, records, and an inventory for other projects."""

import json
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sphinx", reason="run make test-site: the packages of these tests are missing")

import yaml
from mkdocs.exceptions import ConfigurationError

from affine.equations import EQUATIONS
from docs.site_builder.citation.citations import site_url
from tests.site.conftest import ADDRESS, ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EQUATION_PAGES = [f"t/{tag}/index.html" for tag in EQUATIONS]
DERIVATION_PAGES = [
    f"derivation/{path.stem}.html" for path in (ROOT / "docs" / "derivation").glob("*.md")
]


class Reader(HTMLParser):
    """Reads a page as Zotero does its head, and as a person does its records."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.meta: dict[str, list[str]] = {}
        self.links: dict[str, str] = {}
        self.downloads: list[str] = []
        self.records: list[str] = []
        self.buttons = 0
        self._in_cite = self._in_record = False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "meta" and at.get("content"):
            self.meta.setdefault(at.get("name", ""), []).append(at["content"])
        if tag == "link":
            self.links[at["rel"]] = at["href"]
        if tag == "a" and "download" in at:
            self.downloads.append(at["href"])
        self._in_cite = self._in_cite or at.get("class", "").startswith("cite ")
        if tag == "pre" and self._in_cite:
            self._in_record = True
            self.records.append("")
        if tag == "button" and at.get("class") == "cite-copy":
            self.buttons += at["type"] == "button"

    def handle_endtag(self, tag: str) -> None:
        self._in_record = self._in_record and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._in_record:
            self.records[-1] += data

    def one(self, name: str) -> str:
        (content,) = self.meta[name]
        return content


def own_address(page: str) -> str:
    return f"{ADDRESS}{page.removesuffix('index.html')}"


# ------------------------------------------------------------------ the head


def test_a_reader_of_tags_gets_each_equation_and_page(addressed: Path) -> None:
    from docs.site_builder.citation import citations

    whole = citations.of_project(ROOT / "CITATION.cff", ADDRESS)
    for page in (*EQUATION_PAGES, *DERIVATION_PAGES):
        found = Reader(addressed / page)
        assert found.one("citation_publication_date") == whole.released.strftime("%Y/%m/%d")
        assert found.meta["citation_author"] == [one["name"] for one in whole.authors]
        assert found.one("citation_public_url") == own_address(page)
        assert found.one("z:itemType") == "bookSection"
        assert found.one("citation_book_title") == whole.title
        assert found.one("bibo:edition") == f"Version {whole.version}"
        assert found.one("DC.rights") == "CC-BY-4.0"
        assert found.links["cite-as"] == found.links["canonical"] == own_address(page)
    titles = [Reader(addressed / page).one("citation_title") for page in EQUATION_PAGES]
    assert titles == [f"{one.title}, equation ({one.tag})" for one in EQUATIONS.values()]
    for page in ("index.html", "cite.html"):
        found = Reader(addressed / page)
        assert found.one("citation_title") == whole.title
        assert found.one("z:itemType") == "computerProgram"
        assert found.one("bibo:edition") == whole.version
        assert found.links["cite-as"] == ADDRESS
        assert found.links["canonical"] == own_address(page)


def test_no_page_of_a_published_site_is_called_a_preview(addressed: Path) -> None:
    for page in (*EQUATION_PAGES, "index.html", "cite.html"):
        assert "review" not in (addressed / page).read_text(encoding="utf-8").casefold()


# ------------------------------------------------------------------ records on the page


def test_each_page_shows_what_its_files_hold(addressed: Path) -> None:
    for page in (*EQUATION_PAGES, *DERIVATION_PAGES, "cite.html"):
        found = Reader(addressed / page)
        sentence, *records = found.records
        files = [(addressed / page).parent / name for name in found.downloads[:3]]
        assert [path.suffix for path in files] == [".bib", ".ris", ".json"]
        assert [path.read_text(encoding="utf-8").rstrip("\n") for path in files] == records
        assert found.buttons == len(found.records) == 4
        assert sentence.endswith(found.one("citation_public_url"))


@pytest.mark.parametrize("where", ["t/dw/index.html", "derivation/whole-batch.html"])
def test_a_record_is_copied_with_the_keyboard_and_by_touch(
    where: str, addressed: Path, serve: Callable[[Path], str], chromium: "Browser"
) -> None:
    with chromium.new_context(has_touch=True) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        view = context.new_page()
        view.goto(f"{serve(addressed)}/{where}")
        for summary in view.locator(".cite-page > summary").all():
            summary.press("Enter")
        record = Reader(addressed / where).records[1]
        button = view.get_by_role("button", name="Copy BibTeX")
        for press in (lambda: button.press("Enter"), button.tap):
            view.evaluate("navigator.clipboard.writeText('')")
            press()
            view.get_by_role("status").get_by_text("Copied: Copy BibTeX").wait_for(state="attached")
            assert view.evaluate("navigator.clipboard.readText()") == record
            view.get_by_role("button", name="Copy BibTeX").wait_for()


# ------------------------------------------------------------------ the address

NETLIFY = {"NETLIFY": "true", "URL": "https://a.example"}
VERCEL = {"VERCEL_PROJECT_PRODUCTION_URL": "a.example"}
GITLAB = {"GITLAB_CI": "true", "CI_PAGES_URL": "https://a.example", "CI_DEFAULT_BRANCH": "main"}
READ_THE_DOCS = {"READTHEDOCS": "True", "READTHEDOCS_CANONICAL_URL": "https://a.example/"}


@pytest.mark.parametrize(
    "environ",
    [
        {"AFFINE_SITE_URL": "https://a.example"},
        {"AFFINE_SITE_URL": "https://a.example/", **NETLIFY, "URL": "https://b.example"},
        READ_THE_DOCS | {"READTHEDOCS_VERSION": "stable"},
        GITLAB | {"CI_COMMIT_BRANCH": "main"},
        GITLAB | {"CI_COMMIT_TAG": "v1"},
        NETLIFY | {"CONTEXT": "production"},
        VERCEL | {"VERCEL_ENV": "production"},
    ],
)
def test_a_published_site_has_an_address(environ: dict[str, str]) -> None:
    assert site_url(environ) == "https://a.example/"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"AFFINE_SITE_URL": "", **NETLIFY, "CONTEXT": "production"},
        {"URL": "https://a.example", "CONTEXT": "production"},
        READ_THE_DOCS | {"READTHEDOCS_VERSION": "17"},
        GITLAB | {"CI_COMMIT_BRANCH": "other"},
        GITLAB,
        NETLIFY | {"CONTEXT": "deploy-preview"},
        VERCEL | {"VERCEL_ENV": "preview"},
        {"CF_PAGES": "1", "CF_PAGES_URL": "https://0123abc.a.example"},
    ],
)
def test_a_preview_has_none(environ: dict[str, str]) -> None:
    assert site_url(environ) == ""


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="set AFFINE_SITE_URL"):
        site_url({"AFFINE_SITE_URL": "a.example"})


# ------------------------------------------------------------------ the inventory

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
