"""What each page says about itself, and that the pages hold to the registry and the references."""

import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from affine.oracle import exact
from affine.quantities import QUANTITIES
from docs.derivation import example
from docs.site_builder import elsewhere, install, repository
from docs.site_builder.equations.entries import OPERANDS, entries_tex
from tests.site.conftest import ROOT, SITE

DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)"')
# Not in the navigation, or for paper: the search engines are told to leave them.
UNDESCRIBED = {"404.html", "derivation/book.html"}
# The home page leads to installing, and contributors have the command in .venv.
ELSEWHERE = {"index.md", "contributing.md"}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The HTML of each page, by its path in the site."""
    if not (SITE / "index.html").exists():
        pytest.skip("the site is not built: make site-build")
    found = {path.relative_to(SITE).as_posix(): path for path in SITE.rglob("*.html")}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}


def test_every_page_has_a_description_of_its_own(pages: dict[str, str]) -> None:
    by_description: dict[str, list[str]] = {}
    for name, html in pages.items():
        if name not in UNDESCRIBED:
            (description,) = DESCRIPTION.findall(html)
            assert len(unescape(description)) > 30, name
            by_description.setdefault(description, []).append(name)
    assert {text: names for text, names in by_description.items() if len(names) > 1} == {}


def test_every_reference_is_cited_and_every_citation_is_listed(pages: dict[str, str]) -> None:
    listed = set(re.findall(r'id="(ref-[\w-]+)"', pages["references.html"]))
    others = (html for name, html in pages.items() if name != "references.html")
    cited = {one for html in others for one in re.findall(r'references\.html#(ref-[\w-]+)"', html)}
    assert listed == cited


def test_signatures_link_to_what_is_documented_elsewhere(pages: dict[str, str]) -> None:
    linked = set(re.findall(r'href="([^"]*)"', pages["reference/api.html"]))
    assert set(elsewhere.urls().values()) <= linked


def test_every_exercise_has_a_solution_that_a_program_checks() -> None:
    text = (ROOT / "docs" / "derivation" / "exercises.md").read_text(encoding="utf-8")
    exercises = re.split(r"^## \d+\. ", text, flags=re.MULTILINE)[1:]
    assert len(exercises) >= 15
    for exercise in exercises:
        _, _, solution = exercise.partition('??? success "Solution"')
        assert '    ```python exec="1" source="above" result="text"' in solution, exercise


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_entry_is_written_out_with_its_value(name: str) -> None:
    """The numbers under the letters are a sum that gives the oracle's entry."""
    lines = entries_tex(name).removesuffix(r" \end{aligned}").split(r" \\ ")
    sums = [line.removeprefix("&= ") for line in lines if line.startswith("&= ")]
    values = exact(OPERANDS, name)[name].ravel()
    assert len(sums) == len(values) == len(lines) / 2
    for written, value in zip(sums, values, strict=True):
        left, right = written.replace(r"\cdot", "*").split(" = ")
        assert eval(left) == int(right) == value


def test_the_letters_of_an_entry_name_the_numbers_below_them() -> None:
    names = {r"\mathrm{dout}": example.dout, "X": example.x, "W": example.w, "b": example.b}
    for letters, numbers in _lines("dw") + _lines("dx") + _lines("out"):
        found = re.findall(r"(\\mathrm\{dout\}|[XWb])_\{(\d)(\d?)\}", letters)
        values = [names[name][tuple(int(k) - 1 for k in at if k)] for name, *at in found]
        assert values == [float(k) for k in re.findall(r"-?\d+", numbers.split(" = ")[0])]


def _lines(name: str) -> list[tuple[str, str]]:
    lines = entries_tex(name).split(r" \\ ")
    return [
        (letters.partition("&= ")[2], numbers)
        for letters, numbers in zip(lines[::2], lines[1::2], strict=True)
    ]


@pytest.mark.parametrize(
    ("released", "command"), [("", "pip install ."), ("1", "pip install affine-gradients")]
)
def test_one_setting_says_how_to_install(
    released: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFINE_RELEASED", released)
    for kind in ("short", "all"):
        assert command in install.filled(f"Before.\n\n[[install: {kind}]]\n")
    assert ("git+ADDRESS" in install.filled("[[install: name]]")) == (not released)


def test_the_repository_is_linked_where_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    config: Any = SimpleNamespace(repo_url=None, repo_name=None, extra={})
    monkeypatch.delenv("AFFINE_REPO_URL", raising=False)
    repository.add_links(config)
    assert (config.repo_url, config.extra) == (None, {})
    monkeypatch.setenv("AFFINE_REPO_URL", "https://host.example/somebody/affine/")
    repository.add_links(config)
    assert config.repo_name == "somebody/affine"
    links = [one["link"] for one in config.extra["social"]]
    assert links == [config.repo_url, f"{config.repo_url}/issues"]


def test_every_page_that_shows_the_command_says_how_to_get_it() -> None:
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        shows = re.search(r"^\$ affine check|console\(.affine check", text, re.MULTILINE)
        if shows and path.relative_to(ROOT / "docs").as_posix() not in ELSEWHERE:
            assert "[[install: " in text, path


def test_every_page_opens_with_its_description() -> None:
    for path in sorted((ROOT / "docs").rglob("*.md")):
        assert _front(path).get("description"), path


def _front(path: Path) -> dict[str, str]:
    from mkdocs.utils.meta import get_data

    _, meta = get_data(path.read_text(encoding="utf-8"))
    return dict(meta)
