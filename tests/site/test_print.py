"""Pages as they are printed, also by a reader whose screen is dark."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pypdf = pytest.importorskip("pypdf", reason="run make test-site")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PAGES = ["index.html", "derivation/whole-batch.html", "t/dw/index.html"]

# What is on the screen to be pressed or followed, and still takes room.
LEFT_OVER = """() => [...document.querySelectorAll(
    ".md-header, .md-footer, .md-sidebar, .md-search, .md-banner, .headerlink, button, .md-skip")]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 0)
  .map(e => e.outerHTML.slice(0, 80))"""

# How light the letters and the paper are, from 0 to 255.
COLOURS = """() => {
  const light = colour => Math.max(...colour.match(/[\\d.]+/g).slice(0, 3).map(Number));
  const text = getComputedStyle(document.querySelector("article"));
  const paper = getComputedStyle(document.body).getPropertyValue("--md-default-bg-color");
  return [light(text.color), paper.trim()];
}"""

FOLDED = """() => [...document.querySelectorAll(".equation details dl")]
  .filter(e => e.getBoundingClientRect().height === 0).length"""


@pytest.fixture(params=PAGES)
def printed(
    request: pytest.FixtureRequest,
    addresses: dict[str, str],
    reader: "Callable[..., BrowserContext]",
) -> "Iterator[Page]":
    view = reader(color_scheme="dark").new_page()
    view.goto(f"{addresses['http']}/{request.param}")
    view.emulate_media(media="print", color_scheme="dark")
    yield view
    view.close()


def test_paper_is_light_and_has_the_text_alone(printed: "Page") -> None:
    """And what is folded on the screen is open."""
    assert printed.evaluate(LEFT_OVER) == []
    assert printed.locator("h1").first.is_visible()
    assert printed.locator(".printed-address").is_visible()
    letters, paper = printed.evaluate(COLOURS)
    assert letters < 80
    assert paper == "#fff"
    assert printed.evaluate(FOLDED) == 0


@pytest.mark.parametrize("sheet", ["A4", "Letter"])
def test_the_summary_fits_one_sheet(
    sheet: str, addresses: dict[str, str], reader: "Callable[..., BrowserContext]", tmp_path: Path
) -> None:
    view = reader().new_page()
    view.goto(f"{addresses['http']}/summary.html")
    view.pdf(path=tmp_path / "summary.pdf", prefer_css_page_size=True, format=sheet)
    view.close()
    assert len(pypdf.PdfReader(tmp_path / "summary.pdf").pages) == 1
