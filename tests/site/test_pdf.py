"""The PDF of the derivation, as a program other than its maker reads it."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pypdf", reason="run make test-site")
pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from mkdocs.exceptions import PluginError
from pypdf import PdfReader

from affine.equations import EQUATIONS
from docs.site_builder.citation import citations
from docs.site_builder.citation.citations import site_url
from docs.site_builder.exports import book

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site"
TEXT_WIDTH = 605  # of A4 between the margins, in CSS pixels


@pytest.fixture(scope="module")
def document() -> Any:
    path = SITE / book.PDF
    if not path.exists():
        pytest.skip("the PDF is not printed: make pdf")
    return PdfReader(path)


@pytest.fixture(scope="module")
def texts(document: Any) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in document.pages]


def test_it_says_what_it_is(document: Any) -> None:
    cited = citations.of_project(ROOT / "CITATION.cff", site_url(os.environ))
    data = document.metadata
    assert data.title == cited.title
    assert "The affine contributors" in data.author
    assert f"Version {cited.version}, {cited.released}." in data.subject
    assert "backpropagation" in data.keywords
    assert data.creation_date is not None
    assert document.root_object["/Lang"] == "en"
    assert document.root_object["/MarkInfo"]["/Marked"]


def test_the_title_page_has_what_a_citation_needs(texts: list[str]) -> None:
    cited = citations.of_project(ROOT / "CITATION.cff", site_url(os.environ))
    for one in (cited.title, cited.version, str(cited.released), cited.url or "Preview"):
        assert one in texts[0]


def test_every_equation_is_there_in_order_with_number_and_tag(
    document: Any, texts: list[str]
) -> None:
    places = {one.title: document.get_destination_page_number(one) for one in outline(document)}
    pages = [places[f"{one.number} {one.title}"] for one in EQUATIONS.values()]
    assert pages == sorted(pages)
    for equation, page in zip(EQUATIONS.values(), pages, strict=True):
        # Without spaces: where a line ends, extracted text has or lacks them.
        text = texts[page].replace(" ", "")
        title = f"{equation.number}{equation.title}({equation.tag})".replace(" ", "")
        assert title in text


def test_the_contents_say_where_each_chapter_begins(document: Any, texts: list[str]) -> None:
    chapters = [one for one in document.outline if not isinstance(one, list)]
    assert chapters[0].title == "The derivation"
    pages = [document.get_destination_page_number(one) + 1 for one in chapters]
    contents = texts[0].partition(chapters[0].title)[2]
    assert [int(number) for number in re.findall(r"\d+", contents)] == pages


def test_the_references_come_before_how_to_cite(document: Any, texts: list[str]) -> None:
    titles = [one.title for one in outline(document)]
    assert titles.index("References") < titles.index("How to cite")
    assert "How to cite" in texts[-1]
    assert "CC BY 4.0" in texts[-1]


def test_every_link_has_a_destination(document: Any) -> None:
    known = document.named_destinations
    inside = Counter[bool]()
    for link in links(document):
        action = link.get("/A", {})
        if "/URI" in action:
            assert action["/URI"].startswith("https://"), action
            continue
        name = link.get("/Dest", action.get("/D"))
        assert str(name) in known or f"/{str(name).lstrip('/')}" in known, link
        inside[True] += 1
    assert inside[True] > len(EQUATIONS)


def links(document: Any) -> Iterator[Any]:
    for page in document.pages:
        for annotation in page.get("/Annots", ()):
            if (found := annotation.get_object())["/Subtype"] == "/Link":
                yield found


def test_a_reader_can_jump_to_every_part(document: Any) -> None:
    titles = [one.title for one in outline(document)]
    assert {"The derivation", "Sum or average", "References"} <= set(titles)


def outline(document: Any) -> list[Any]:
    def flat(level: list[Any]) -> Iterator[Any]:
        for one in level:
            yield from flat(one) if isinstance(one, list) else [one]

    return list(flat(document.outline))


def test_every_font_is_in_the_file(document: Any) -> None:
    fonts = {
        reference.idnum: reference.get_object()
        for page in document.pages
        for reference in page["/Resources"].get("/Font", {}).values()
    }
    assert fonts
    assert [font["/BaseFont"] for font in fonts.values() if not embedded(font)] == []


def embedded(font: Any) -> bool:
    if font["/Subtype"] == "/Type3":
        return True  # drawn by the page itself
    (inner,) = font.get("/DescendantFonts", [font])
    data = inner.get_object()["/FontDescriptor"].get_object()
    return bool({"/FontFile", "/FontFile2", "/FontFile3"} & data.keys())


def test_no_page_is_empty(texts: list[str]) -> None:
    assert [number for number, text in enumerate(texts, 1) if len(text) < 80] == []


def test_pages_are_numbered(texts: list[str]) -> None:
    numbered = [re.search(rf"\b{number}$|^{number}\b", one) for number, one in enumerate(texts, 1)]
    assert all(numbered[1:])


def test_mathematics_is_printed_in_its_own_font(
    addresses: dict[str, str], reader: "Callable[..., BrowserContext]"
) -> None:
    view = reader().new_page()
    view.goto(f"{addresses['http']}/derivation/book.html")
    loaded = view.evaluate(
        "document.fonts.ready.then(all => [...all].map(one => `${one.family}: ${one.status}`))"
    )
    view.close()
    assert [one.replace('"', "") for one in loaded] == ["STIX Two Math: loaded"]


def test_nothing_is_wider_than_the_paper(
    addresses: dict[str, str], reader: "Callable[..., BrowserContext]"
) -> None:
    view = reader().new_page()
    view.set_viewport_size({"width": TEXT_WIDTH, "height": 900})
    view.emulate_media(media="print")
    view.goto(f"{addresses['http']}/derivation/book.html")
    wide = view.evaluate(
        """() => [...document.querySelectorAll(".book *")]
          .filter(e => !e.closest(".equation-hidden, svg"))
          .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    view.close()
    assert wide == []


def test_without_chromium_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PluginError, match="apt-get install chromium"):
        book.browser()


@pytest.mark.parametrize(
    ("wanted", "kept"), [("1", "See [it](affine.pdf).\n{: .on-screen }"), ("", "")]
)
def test_a_page_speaks_of_the_pdf_only_where_it_is(
    wanted: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFINE_PDF", wanted)
    assert book.pdf_sentences("[[pdf: See [it](affine.pdf).]]") == kept
