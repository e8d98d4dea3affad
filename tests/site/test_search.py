"""Who asks the search gets the page that answers among the first three."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.site.conftest import SITE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Each with the beginnings of pages that answer it.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "gradient of weights": ("derivation/whole-batch",),
    "gradient of the bias": ("derivation/whole-batch", "topics/bias"),
    "X^T dout": ("derivation/whole-batch",),
    "divide by N": ("derivation/sum-or-average", "mistakes/averaged-over-the-batch"),
    "batch size": ("derivation/sum-or-average",),
    "backpropagation": ("derivation/",),
    "chain rule": ("derivation/one-entry", "derivation/prerequisites"),
    "upstream gradient": ("derivation/one-entry", "glossary"),
    "what is dout": ("derivation/one-entry", "derivation/losses", "glossary"),
    "softmax cross-entropy": ("derivation/losses",),
    "outer product": ("derivation/one-data-point",),
    "jacobian": ("derivation/jacobians",),
    "kronecker": ("derivation/other-routes",),
    "exercises": ("derivation/exercises",),
    "fully connected": ("derivation/forward", "index"),
    "dense layer": ("derivation/forward", "index"),
    "tolerance": ("derivation/rounding", "topics/gradient-checking", "check/"),
    "numerical gradient": ("topics/gradient-checking",),
    "gradient check": ("topics/gradient-checking", "check/"),
    "einsum": ("topics/batched",),
    "time steps": ("topics/more-axes",),
    "bias trick": ("topics/bias",),
    "columns coursera": ("topics/columns", "check/conventions"),
    "accumulate .grad": ("topics/accumulation",),
    "weight decay": ("mistakes/regulariser",),
    "install": ("install",),
    "pytorch": ("check/frameworks",),
    "jax": ("check/frameworks",),
    "notebook": ("check/",),
    "grading": ("check/grading",),
    "exit code": ("check/", "reference/cli"),
    "hypothesis strategies": ("reference/api", "properties"),
    "bibtex": ("cite",),
    "cite an equation": ("cite",),
}
LEAST = 0.9
# Below the count of what is found; before a question there is no count.
FOUND = """() => document.querySelector(".md-search-result__meta").textContent.match(/\\d|^No/)"""
FIRST_THREE = """() => [...document.querySelectorAll(".md-search-result__item")].slice(0, 3)
  .map(one => one.querySelector("a").href)"""


def test_the_page_that_answers_comes_first(
    addresses: dict[str, str], chromium: "Browser", capsys: pytest.CaptureFixture[str]
) -> None:
    view = chromium.new_page()
    view.goto(f"{addresses['http']}/index.html")
    query = view.locator("[data-md-component=search-query]")
    query.click()
    missed = []
    for question, pages in QUESTIONS.items():
        query.press("Control+A")
        query.press("Backspace")
        view.wait_for_function(f"!({FOUND})()")
        query.fill(question)
        query.press("End")  # the search waits for a key
        view.wait_for_function(FOUND)
        found = [href.removeprefix(f"{addresses['http']}/") for href in view.evaluate(FIRST_THREE)]
        if not any(href.startswith(pages) for href in found):
            missed.append(question)
    view.close()
    with capsys.disabled():
        print(f"\nsearch: {len(missed)} of {len(QUESTIONS)} questions missed: {missed}")
    assert len(missed) <= (1 - LEAST) * len(QUESTIONS)


def test_the_pages_that_answer_exist(addresses: dict[str, str]) -> None:
    pages = [path.relative_to(SITE).as_posix() for path in Path(SITE).rglob("*.html")]
    for wanted in QUESTIONS.values():
        for beginning in wanted:
            assert any(page.startswith(beginning) for page in pages), beginning


def test_formulas_can_be_read_in_what_is_found() -> None:
    index = json.loads((SITE / "search" / "search_index.json").read_text(encoding="utf-8"))
    texts = {one["location"]: one["text"] for one in index["docs"]}
    shown = texts["derivation/sum-or-average.html#two-layers-four-ways"]
    assert "ℓ_i = 1/2 (out_i−t_i)^2" in shown
