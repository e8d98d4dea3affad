"""Every page of the built site, as a reader's browser shows it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import pytest

from affine.equations import EQUATIONS
from tests.site.conftest import SAMPLED, come_near, tab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    Reader = Callable[..., BrowserContext]

PHONE, DESK = 360, 1280

# The colour schemes of a reader's system, and what Material calls its own.
SCHEMES: dict[Literal["light", "dark"], str] = {"light": "default", "dark": "slate"}

# One template makes all cards of mistakes, one highlighter colours all programs: of each kind,
# every so-many-th on a page is looked at.
FEWER_ALIKE = """step => ["article.mistake", ".highlight"].forEach(kind =>
  document.querySelectorAll(kind).forEach((one, at) => { if (at % step) one.remove() }))"""

# What can be right in the light scheme and wrong in the dark one.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]

# What sticks out of the window furthest to the right, unless an ancestor scrolls or clips it.
WIDEST_OVERFLOW = """() => {
  if (document.scrollingElement.scrollWidth <= innerWidth) return "";
  const held = e => e !== document.body
    && (getComputedStyle(e).overflowX !== "visible" || held(e.parentElement));
  const right = e => e.getBoundingClientRect().right;
  const loose = [...document.body.querySelectorAll("*")].filter(e => !held(e.parentElement));
  return loose.reduce((a, b) => (right(b) >= right(a) ? b : a)).outerHTML.slice(0, 200);
}"""

# Each formula that is not folded away: is it laid out as mathematics, and has it a size?
FORMULAS = """() => [...document.querySelectorAll("math")]
  .filter(e => !e.closest("details:not([open])"))
  .map(e => ({
    text: e.textContent.slice(0, 80),
    drawn: getComputedStyle(e).display.includes("math")
      && e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().height > 0,
  }))"""


def test_page_is_complete_in_itself_and_fits_the_window(
    way: str, page: str, addresses: dict[str, str], reader: "Reader"
) -> None:
    """No request leaves the site, nothing is reported as an error, nothing is cut off."""
    problems: list[str] = []
    with tab(
        reader(),
        request=lambda r: problems.extend(leaving(r.url, addresses[way])),
        requestfailed=lambda r: problems.append(f"failed: {r.url}"),
        pageerror=lambda error: problems.append(f"script: {error}"),
        console=lambda m: problems.extend([m.text] if m.type == "error" else []),
    ) as view:
        view.goto(f"{addresses[way]}/{page}", wait_until="networkidle")
        if view.locator("affine-explorer").count():
            come_near(view)
        for width in (PHONE, DESK):  # as wide at the end as for the next page
            view.set_viewport_size({"width": width, "height": 800})
            if overflow := view.evaluate(WIDEST_OVERFLOW):
                problems.append(f"wider than {width} px: {overflow}")
    assert not problems, "\n".join(problems)


def leaving(url: str, address: str) -> list[str]:
    inside = url.startswith((f"{address}/", "data:", "blob:", "about:"))
    return [] if inside else [f"request: {url}"]


def test_mathematics_shows_without_javascript(
    derivation_page: str, addresses: dict[str, str], reader: "Reader"
) -> None:
    for address in addresses.values():
        with tab(reader(java_script_enabled=False)) as view:
            view.goto(f"{address}/{derivation_page}")
            formulas = view.evaluate(FORMULAS)
        assert formulas
        assert [formula["text"] for formula in formulas if not formula["drawn"]] == []


@pytest.fixture(scope="session")
def accepted(bare_pages: list[str], reader: "Reader") -> set[tuple[str, str]]:
    """What axe-core finds on a bare Material site."""
    return {key for url in bare_pages for key in findings(url, reader)}


def test_page_is_as_accessible_as_its_theme(
    page: str, addresses: dict[str, str], reader: "Reader", accepted: set[tuple[str, str]]
) -> None:
    """axe-core finds nothing that a bare Material site does not have in the same place."""
    found = findings(f"{addresses['http']}/{page}", reader)
    added = sorted(found.keys() - accepted)
    assert not added, "\n".join(f"{rule}: {found[rule, kind]}" for rule, kind in added)


def findings(url: str, reader: "Reader") -> dict[tuple[str, str], str]:
    """What axe-core reports in either colour scheme, by rule and kind of element."""
    from axe_playwright_python.sync_playwright import Axe

    violations: list[dict[str, Any]] = []
    with tab(reader()) as view:
        view.goto(url)
        view.evaluate(FEWER_ALIKE, SAMPLED)
        # Or colours would be looked at on their way from one scheme to the other.
        view.add_style_tag(content="*, ::before, ::after { transition: none !important }")
        for scheme, name in SCHEMES.items():
            view.emulate_media(color_scheme=scheme)
            view.locator(f"body[data-md-color-scheme={name}]").wait_for()
            options: dict[str, Any] = {"resultTypes": ["violations"]}
            if scheme == "dark":
                options["runOnly"] = COLOUR_RULES
            violations += Axe().run(view, options=options).response["violations"]
        view.emulate_media(color_scheme="light")  # for the next page
    return {
        (rule["id"], kind_of(node["html"])): f"{node['html'][:200]} {node['failureSummary']}"
        for rule in violations
        for node in rule["nodes"]
    }


def kind_of(html: str) -> str:
    """An element's name and classes: what Material's own elements are known by.

    Examples:
        >>> kind_of('<div id="a" class="md-copyright">…</div>')
        'div.md-copyright'
        >>> kind_of("<table><tr>…")
        'table'
    """
    opening = html.partition(">")[0]
    name = re.match(r"<([\w-]+)", opening)
    classes = re.search(r'\bclass="([^"]*)"', opening)
    return ".".join([name[1] if name else opening, *(classes[1].split() if classes else [])])


@pytest.mark.parametrize("origin", ["http", "file"])
@pytest.mark.parametrize("words", ["tag", "title", "spoken"])
def test_search_finds_an_equation(
    origin: str, words: str, addresses: dict[str, str], reader: "Reader"
) -> None:
    with tab(reader()) as view:
        view.goto(f"{addresses[origin]}/index.html")
        query = view.locator("[data-md-component=search-query]")
        query.click()
        query.press_sequentially(getattr(EQUATIONS["dw"], words))
        found = view.locator(".md-search-result__link[href$=eq-dw]")
        found.first.wait_for(state="attached")
