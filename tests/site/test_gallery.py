"""The gallery of mistakes: what each card says comes from the build, and a lost mistake ends it."""

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from affine.checker.diagnosis import MISTAKES, Diagnosis
from affine.checker.diagnosis.probe import distinct_integers
from affine.oracle import exact
from docs.site_builder import record
from docs.site_builder.pages import mistakes
from docs.site_builder.pictures import matrices
from docs.site_builder.record import Record, Results
from docs.site_builder.suite import ledger, mistake_examples
from docs.site_builder.suite.mistake_examples import SIZES, Lost, find, source
from docs.site_builder.suite.wrong_layers import frameworks
from tests.site.conftest import SITE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

AVERAGED = MISTAKES["averaged-over-the-batch"]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """What shows an average over the batch."""
    return find(AVERAGED, [])


@pytest.fixture
def tested(found: dict[str, Any]) -> Record:
    return replace(record.load(), results=Results({"mistakes": {AVERAGED.name: found}}))


# ------------------------------------------------------------------ what the build finds


def test_a_wrong_line_is_caught_named_and_seen_to_hide(found: dict[str, Any]) -> None:
    assert found["property"] == "dw_is_xt_dout"
    assert found["layer"] == ""
    assert np.array(found["got"]).shape == np.array(found["expected"]).shape
    assert found["hides"] == [list(size) for size in SIZES if size[0] == 1]


def test_a_mistake_that_is_not_caught_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the property that fails made to hold, nothing shows an average of dW."""
    held = {
        name: replace(one, check=lambda layer, case: None)
        for name, one in mistake_examples.PROPERTIES.items()
    }
    monkeypatch.setattr(mistake_examples, "PROPERTIES", held)
    with pytest.raises(Lost, match="averaged-over-the-batch is no longer caught and named"):
        find(AVERAGED, [])


def test_a_mistake_that_is_named_otherwise_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Diagnosis(("dw",), None, "")
    monkeypatch.setattr(mistake_examples, "diagnose", lambda *arguments: nothing)
    with pytest.raises(Lost, match=re.escape("`dw = x.T @ dout / n`")):
        find(AVERAGED, [])


def test_a_mistake_without_a_layer_is_lost() -> None:
    with pytest.raises(Lost, match="or add a wrong layer that makes the mistake"):
        find(MISTAKES["accumulates"], [])


def test_a_lost_mistake_stands_in_the_ledger_and_fails_the_build() -> None:
    lost = mistake_examples._find_or_lose("accumulates", [])
    results = Results({"mistakes": {"accumulates": lost, AVERAGED.name: {"property": ""}}})
    assert results.mistake("accumulates") is None
    (complaint,) = results.failures
    assert complaint.startswith("the mistake accumulates is no longer caught and named")


def test_a_layer_of_the_tests_shows_what_needs_more_than_a_line() -> None:
    layer = ledger.WRONG_LAYERS / "gradients_added_in_place.py"
    shown = find(MISTAKES["accumulates"], [(layer, "backward_twice_gives_the_same")])
    assert shown["layer"] == "gradients_added_in_place"
    assert len(shown["hides"]) == len(SIZES)


def test_a_layer_without_the_line_on_the_card_does_not_show_it() -> None:
    layer = ledger.WRONG_LAYERS / "gradients_accumulate.py"  # the same mistake, written otherwise
    with pytest.raises(Lost, match="holds this line"):
        find(MISTAKES["accumulates"], [(layer, "backward_twice_gives_the_same")])


def test_a_layer_that_ends_its_process_is_called_in_another_one() -> None:
    shown = find(MISTAKES["process-ended"], [])
    assert "the process ended in this call" in shown["message"]
    assert "Hides" not in mistakes.card(
        MISTAKES["process-ended"], Results({"mistakes": {"process-ended": shown}})
    )


def test_what_no_property_catches_is_told_as_such() -> None:
    (only,) = [one for one in MISTAKES.values() if one.unshown]
    shown = find(only, [])
    assert shown["property"] == ""
    card = mistakes.card(only, Results({"mistakes": {only.name: shown}}))
    assert only.unshown in card
    assert "Caught by" not in card


# ------------------------------------------------------------------ the lines


def test_the_right_line_makes_a_right_layer() -> None:
    """With it in place of the wrong one, all results are right."""
    compared = 0
    for mistake in MISTAKES.values():
        if re.match(r"(out|d[xwb]) = ", mistake.right) and (code := source(mistake.right)):
            compared += 1
            namespace: dict[str, Any] = {}
            exec(compile(ast.parse(code), mistake.name, "exec"), namespace)
            x, w, b, dout = point = distinct_integers(2, 3, 4)
            names = ("out", "dx", "dw", "db")
            results = (namespace["forward"](x, w, b), *namespace["backward"](dout, x, w))
            for name, result in zip(names, results, strict=True):
                assert np.array_equal(result, exact(point)[name]), (mistake.name, name)
    assert compared > 50


def test_a_wrong_line_is_one_line_of_the_textbook_layer() -> None:
    right = source("dw = x.T @ dout").splitlines()
    wrong = source("dw = -(x.T @ dout)").splitlines()
    assert [line for line in wrong if line not in right] == ["    dw = -(x.T @ dout)"]
    assert source("self.dw += x.T @ dout") == ""


def test_where_a_mistake_was_seen_is_said_with_an_address() -> None:
    seen = [one for mistake in MISTAKES.values() for one in mistake.seen]
    assert seen
    for at, says in seen:
        assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+", at)
        assert not says.endswith(".")


# ------------------------------------------------------------------ the card


def test_card_shows_both_lines_the_numbers_the_property_and_where_it_hides(tested: Record) -> None:
    card = mistakes.card(AVERAGED, tested.results)
    assert "<code>dw = x.T @ dout / n</code>" in card
    assert "<code>dw = x.T @ dout</code>" in card
    assert '<autoref identifier="p-dw_is_xt_dout">' in card
    assert "Hides where N = 1." in card
    assert card.count("<mark>") == 1
    assert f'href="{AVERAGED.seen[0][0]}"' in card


def test_card_says_not_run_where_nothing_was_run() -> None:
    card = mistakes.card(AVERAGED, Results())
    assert "not run" in card
    assert "Hides" not in card
    assert "not run" in mistakes.mistakes(replace(record.load(), results=Results()))


def test_every_mistake_has_one_card_under_its_equation(tested: Record) -> None:
    shown = mistakes.mistakes(tested)
    for name in MISTAKES:
        assert shown.count(f'<autoref identifier="mistake-{name}">') == 1


def test_page_of_a_mistake_holds_the_layer_that_makes_it(tested: Record) -> None:
    page = mistakes.mistake_page(AVERAGED, tested)
    assert "    dw = x.T @ dout / n\n    db = dout.sum(axis=0)\n" in page
    assert "## Counterexample" in page


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        (lambda n, d, m: False, "Always visible"),
        (lambda n, d, m: True, "Hides from one plain call, at every size"),
        (lambda n, d, m: d == m, "Hides where D = M."),
        (lambda n, d, m: n == 1 or m == 1, "Hides where N = 1 or M = 1."),
        (lambda n, d, m: n == d == 1, "Hides where N = 1 and D = 1."),
        (lambda n, d, m: (n, d, m) == (3, 2, 2), "Hides at 1 of 27 sizes."),
    ],
)
def test_where_it_hides_is_said_in_words(holds: Callable[..., bool], said: str) -> None:
    sizes = [size for size in SIZES if holds(*size)]
    shown = mistakes.hides(sizes)
    assert said in shown
    if "<svg" in shown:
        hidden = re.search(r'class="hidden" d="([^"]+)"', shown)
        assert hidden
        assert hidden[1].count("M") == len(sizes)


# ------------------------------------------------------------------ the numbers


def drawn(expected: Any, got: Any, quantity: str = "dw") -> str:
    inputs = {"x": [[1.0]], "b": [2.0, -0.5]}
    return matrices.figure(
        {"inputs": inputs, "quantity": quantity, "expected": expected, "got": got}
    )


def test_wrong_entries_are_marked_and_no_others() -> None:
    shown = drawn([[1.0, 2.0], [3.0, float("nan")]], [[1.0, 5.0], [3.0, float("nan")]])
    assert re.findall(r"<mark>(.*?)</mark>", shown) == ["5"]
    assert "<td>−0.5</td>" in shown
    assert "<mark>" not in drawn([[1.0]], [[1.0]])


def test_shapes_that_differ_are_said_and_no_entry_is_blamed() -> None:
    shown = drawn([4.0], [[4.0]], "db")
    assert "should be (1,)" in shown
    assert "but is (1, 1)" in shown
    assert "<mark>" not in shown


def test_what_is_too_large_to_draw_says_its_shape() -> None:
    assert '<td class="shape">(65, 1)</td>' in drawn([[0.0]] * 65, [[1.0]] * 65)
    assert '<td class="shape">(0, 2)</td>' not in drawn([[0.0]], [[0.0]])


# ------------------------------------------------------------------ the page


def test_gallery_is_light_and_complete() -> None:
    page = SITE / "mistakes.html"
    if not page.exists():
        pytest.skip("the site is not built: make site-build")
    html = page.read_text(encoding="utf-8")
    assert len(html.encode()) < 350_000
    assert html.count('<article class="mistake"') == len(MISTAKES)
    caught = re.findall(r'Caught by <a [^>]*href="(p/\w+/index\.html)', html)
    not_run = html.count("Counterexample: not run")  # it takes a framework
    assert not_run <= sum(bool(frameworks(path)) for path in ledger.WRONG_LAYERS.glob("*.py"))
    assert len(caught) + html.count("In this build it said") + not_run == len(MISTAKES)
    assert all((SITE / Path(target)).exists() for target in caught)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_wrong_entries_are_told_by_more_than_colour(
    scheme: str, addresses: dict[str, str], reader: "Callable[..., BrowserContext]"
) -> None:
    view = reader(scheme).new_page()
    view.goto(f"{addresses['file']}/mistakes.html")
    styles = view.evaluate(
        "[...document.querySelectorAll('mark')].map(e => getComputedStyle(e))"
        ".map(s => [s.outlineStyle, Number(s.fontWeight) >= 700])"
    )
    captions = view.evaluate("[...document.querySelectorAll('.matrix')].every(e => e.caption)")
    view.close()
    assert styles
    assert all(style == ["dashed", True] for style in styles)
    assert captions
