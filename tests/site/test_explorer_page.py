"""The explorer as a part of the page: address, speed, size, access, and what the build refuses."""

import gzip
import json
import re
import statistics
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

import affine
from affine.checker.diagnosis import MISTAKES as CATALOGUE
from affine.checker.diagnosis import diagnose
from affine.checker.reading import layer_from
from affine.checker.search import search
from affine.equations import EQUATIONS
from affine.layer import Layer
from affine.properties import PROPERTIES
from docs.site_builder.pictures import explorer
from tests.site.conftest import EXPLORER, ROOT, SITE
from tests.site.explorer_cases import CELLS, MISTAKES, Array, Case, random_case, says, selector

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    Reader = Callable[..., BrowserContext]
    Show = Callable[..., Page]

SCRIPTS = sorted((ROOT / "docs" / "assets" / "explorer").glob("*.js"))
LIMIT_BYTES, LIMIT_MS = 15_000, 50

# What a hand does to which elements: the event, and the value that it leaves there.
HANDS = {
    "pointing": (".explorer-board input", "pointermove", None),
    "editing": (".explorer-board input:not([readonly])", "input", "7"),
    "sliding": ("[data-side]", "input", "7"),
    "stepping": ("[data-step]", "click", None),
    "mistaking": ("[data-part=mistake] option", "change", None),
}

# How long each answer takes, until the browser has laid it out and painted it.
TIMES = """async ([where, kind, value]) => {
  const times = [];
  for (const e of [...document.querySelectorAll(where)].slice(-12)) {
    const target = e.closest("select") || e;
    await new Promise(requestAnimationFrame);
    const start = performance.now();
    if (target !== e) target.value = e.value; else if (value) e.value = value;
    target.dispatchEvent(new PointerEvent(kind, {bubbles: true}));
    await new Promise(requestAnimationFrame);
    await new Promise(painted => {
      const {port1, port2} = new MessageChannel();
      port1.onmessage = painted;
      port2.postMessage(null);
    });
    times.push(performance.now() - start);
  }
  return times;
}"""


@pytest.mark.parametrize("origin", ["http", "file"])
def test_the_address_restores_the_view(origin: str, show: "Show") -> None:
    view = show(random_case(10, 4, 2, 3).view(), origin=origin)
    view.fill(selector("dout", 3, 1), "42")
    view.hover(selector("dW", 1, 2))
    view.select_option("[data-part=mistake]", "activation-fused")
    view.hover(selector("dW", 0, 1))
    view.click("[data-step=point]")
    link = view.locator("[data-part=link]").evaluate("a => a.href")
    view.wait_for_url(link)
    before = view.evaluate(CELLS), says(view)
    again = show("?" + link.split("?")[1], origin=origin)
    assert (again.evaluate(CELLS), says(again)) == before


def test_pointing_leaves_the_address_alone(show: "Show") -> None:
    view = show(random_case(15, 3, 2, 3).view())
    before = view.url
    view.hover(selector("dW", 1, 2))
    view.wait_for_timeout(500)
    assert view.url == before
    view.click(selector("dW", 1, 2))
    view.wait_for_url("**view=**dW.1.2**")


def test_a_slider_says_what_it_changes(show: "Show") -> None:
    names = [one.get_attribute("aria-label") for one in show().locator("[data-side]").all()]
    assert names == ["N, number of data points", "D, number of features", "M, number of outputs"]


@pytest.mark.parametrize(
    "query",
    [
        "9.1.1_X.0.0_entry.0_none_1", "nonsense", "1.1.1_X.0.0_a.0_b_1.1.1.1",
        # What every object has, and no step or mistake is called.
        "1.1.1_X.0.0_constructor.0_none_1.1.1.1", "1.1.1_X.0.0_entry.0_constructor_1.1.1.1",
    ],
)  # fmt: skip
def test_an_address_that_means_nothing_is_ignored(query: str, show: "Show") -> None:
    assert show(f"?view={query}").evaluate(CELLS) == show().evaluate(CELLS)


@pytest.mark.exhaustive  # on a busy machine it measures that: no change is refused for it
@pytest.mark.parametrize("hand", HANDS)
def test_an_answer_comes_at_once(hand: str, show: "Show") -> None:
    view = show(random_case(11, 8, 8, 8).view(mistake="activation-fused"))
    rounds = [view.evaluate(TIMES, HANDS[hand]) for _ in range(5)]
    # The best of five of each: what an answer takes, and not what runs beside it.
    assert statistics.median(map(min, zip(*rounds, strict=True))) <= LIMIT_MS


def test_the_largest_figure_fits_its_column(show: "Show") -> None:
    """With the numbers that it fills in: those of a reader may be wider, and scroll."""
    view = show()
    for side in "ndm":
        view.locator(f"[data-side={side}]").fill("8")
    board = view.locator("[data-part=board]")
    assert board.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_the_scripts_are_small() -> None:
    assert SCRIPTS
    assert len(gzip.compress(b"".join(path.read_bytes() for path in SCRIPTS))) <= LIMIT_BYTES


def test_scripts_are_loaded_where_an_explorer_is(addresses: dict[str, str]) -> None:
    for page in SITE.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        scripted = text.count("assets/explorer/") == len(SCRIPTS)
        assert scripted or "assets/explorer/" not in text
        if page.name != "book.html":
            assert scripted == ("<affine-explorer" in text), page


def test_without_the_script_the_matrices_stand_there(
    addresses: dict[str, str], reader: "Reader"
) -> None:
    view = reader(java_script_enabled=False).new_page()
    view.goto(f"{addresses['http']}/{EXPLORER}")
    given = json.loads(view.locator("affine-explorer").get_attribute("data-explorer") or "")
    first = view.locator(".of-X tr").first.inner_text().replace("−", "-").split()
    assert [int(value) for value in first] == given["X"][0]
    assert view.locator("td[data-mark=self]").count() == 1
    assert view.locator("td[data-mark=from]").count() == 3 + 3 + 1
    view.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_view_with_a_mistake_is_accessible(scheme: str, show: "Show", reader: "Reader") -> None:
    from axe_playwright_python.sync_playwright import Axe

    query = random_case(12, 3, 2, 4).view("dW.1.0", "entry", "averaged-over-the-batch")
    view = show(query, context=reader(color_scheme=scheme))
    found = Axe().run(view, context="affine-explorer", options={"resultTypes": ["violations"]})
    assert not found.response["violations"]


# ------------------------------------------------------------------ the names of its mistakes


def test_each_mistake_is_in_the_catalogue_and_in_the_script() -> None:
    script = (ROOT / "docs" / "assets" / "explorer" / "model.js").read_text(encoding="utf-8")
    assert list(MISTAKES) == list(explorer.MISTAKES)
    for name in explorer.MISTAKES:
        assert name in CATALOGUE
        assert f'"{name}": p =>' in script


def wrong_layer(mistake: str) -> Layer:
    last: dict[str, Array] = {}

    def forward(x: Array, w: Array, b: Array) -> Array:
        last["b"] = b
        return affine.forward(x, w, b)

    def backward(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
        return MISTAKES[mistake](Case(x, w, last["b"], dout))

    return layer_from(SimpleNamespace(forward=forward, backward=backward), "mine")


@pytest.mark.parametrize("mistake", explorer.MISTAKES)
def test_a_mistake_has_the_name_that_the_diagnosis_gives_it(mistake: str) -> None:
    for name in ("dw_is_xt_dout", "dx_is_dout_wt", "db_is_the_column_sum_of_dout"):
        found = search(PROPERTIES[name], wrong_layer(mistake), max_examples=100, seed=0)
        if found.counterexample is not None:
            quantity = getattr(found.error, "quantity", "")
            layer, tested = wrong_layer(mistake), PROPERTIES[name]
            named = diagnose(layer, quantity, tested, found.counterexample).mistake
            assert named is not None
            assert named.name == mistake
            return
    pytest.fail("no property of values fails")


# ------------------------------------------------------------------ what the build refuses


def test_it_names_what_the_registry_and_the_catalogue_have() -> None:
    assert explorer.MISTAKES.keys() <= CATALOGUE.keys()
    for tag, name in explorer.IDENTITIES.items():
        assert tag in PROPERTIES[name].equations
    cited = {tag for results in explorer.TAGS.values() for tags in results.values() for tag in tags}
    assert cited <= EQUATIONS.keys()


@pytest.mark.parametrize("start", ["dX[1,0]", "dX[1,0] page", "dx[1,0] entry", "X[2,0] entry"])
def test_a_beginning_that_is_not_there_fails(start: str) -> None:
    with pytest.raises(ValueError, match=re.escape(start)):
        explorer.explorer(start)
