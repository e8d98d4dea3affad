"""The explorer in a real browser: it marks, computes and says what `affine` does."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

import affine
from tests.site.conftest import ROOT
from tests.site.explorer_cases import (
    CELLS,
    MISTAKES,
    SOURCES,
    Case,
    hidden,
    marks,
    random_case,
    says,
    selector,
    where,
    wrong,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    Reader = Callable[..., BrowserContext]
    Show = Callable[..., Page]


def number(text: str) -> float:
    top, _, bottom = text.replace("−", "-").partition("/")
    return float("nan") if top == "?" else float(top) / float(bottom or 1)


def shown(view: "Page", name: str) -> np.ndarray:
    cells = [cell for cell in view.evaluate(CELLS) if cell["name"] == name]
    rows = 1 + max(cell["i"] for cell in cells)
    return np.array([number(cell["text"]) for cell in cells]).reshape(rows, -1)


def marked(view: "Page") -> set[tuple[str, str, tuple[int, ...]]]:
    return {
        (c["mark"], c["name"], (c["j"],) if c["name"] in ("b", "db") else (c["i"], c["j"]))
        for c in view.evaluate(CELLS)
        if c["mark"]
    }


def assert_shows(view: "Page", case: Case) -> None:
    for name, value in case.results().items():
        np.testing.assert_array_equal(shown(view, name), np.atleast_2d(value), name)


def assert_agrees(view: "Page", case: Case, name: str, index: tuple[int, ...]) -> None:
    assert_shows(view, case)
    assert marked(view) == marks(case, name, index) | {("self", name, index)}


# ------------------------------------------------------------------ marks and sums


@pytest.mark.parametrize("name", ["X", "W", "b", "dout", *SOURCES])
def test_pointing_marks_what_the_jacobian_says(name: str, show: "Show") -> None:
    case = random_case(1, 3, 2, 4)
    view = show(case.view())
    for index in np.ndindex(case.results()[name].shape):
        row, column = (0, *index)[-2:]
        view.hover(selector(name, row, column))
        assert marked(view) == marks(case, name, index) | {("self", name, index)}


@pytest.mark.parametrize("step", ["point", "batch"])
@pytest.mark.parametrize("name", ["X", "W", "b", "dout", *SOURCES])
def test_a_step_marks_what_its_entries_say_together(name: str, step: str, show: "Show") -> None:
    """All entries of a quantity together, or what the data point in view has of that."""
    case = random_case(3, 3, 2, 4)
    view = show(case.view(f"{name}.{0 if name in ('W', 'b', 'dW', 'db') else 1}.0", step))
    point = int(view.evaluate("() => document.querySelector('affine-explorer').state.point"))
    rows = {"X", "out", "dX", "dout"}
    together = {
        one
        for index in np.ndindex(case.results()[name].shape)
        for one in marks(case, name, index) | {("self", name, index)}
    }
    expected = {
        one for one in together if step == "batch" or one[1] not in rows or one[2][0] == point
    }
    assert marked(view) == expected


@pytest.mark.parametrize(
    ("right", "wrong_line"),
    [
        ("times(dout, transpose(W))", "times(dout, transpose(W)).map(row => row.map(v => 2 * v))"),
        ('dW: ["X", "dout"]', 'dW: ["X"]'),
    ],
)
def test_a_broken_script_is_noticed(
    right: str, wrong_line: str, chromium: "Browser", show: "Show"
) -> None:
    """What this file compares can differ: in the numbers, or in the marks."""
    script = (ROOT / "docs" / "assets" / "explorer" / "model.js").read_text(encoding="utf-8")
    assert right in script
    broken = script.replace(right, wrong_line)
    context = chromium.new_context()
    context.route("**/explorer/model.js", lambda route: route.fulfill(body=broken))
    case = random_case(4, 2, 3, 2)
    view = show(case.view("dW.0.0"), context=context)
    with pytest.raises(AssertionError):
        assert_agrees(view, case, "dW", (0, 0))
    context.close()


@pytest.mark.parametrize("number_of_case", range(5))
def test_numbers_sums_and_differences_equal_affine(number_of_case: int, show: "Show") -> None:
    sizes = np.random.default_rng(number_of_case).integers(1, 9, 3).tolist()
    case = random_case(number_of_case, *sizes, zeros=True)
    view = show(case.view())
    assert_shows(view, case)
    for name in SOURCES:
        value = np.atleast_2d(case.results()[name])[0, 0]
        view.locator(selector(name, 0, 0)).focus()
        terms, total = says(view).split(" = ")[1:]
        assert eval(terms.replace("−", "-").replace("·", "*")) == number(total) == value
        if name != "out":
            said = view.locator("[data-part=check]").inner_text()
            assert number(re.findall(r"= (−?\d+)\.", said)[0]) == value
            assert said.endswith("exactly equal.")


# ------------------------------------------------------------------ hands


def choose_each_mistake(view: "Page", press: "Callable[[Locator], None]") -> None:
    """Open the list and choose: the list itself is the browser's own, beyond a test's reach."""
    for mistake in MISTAKES:
        press(view.locator("[data-part=mistake]"))
        view.select_option("[data-part=mistake]", mistake)
        assert "unnoticed" in view.locator("[data-part=broken]").inner_text()


def test_mouse_edits_sizes_and_steps(show: "Show") -> None:
    view = show(random_case(2, 2, 3, 2).view())
    view.click(selector("X", 1, 2))
    view.keyboard.type("-7")
    assert shown(view, "X")[1, 2] == -7
    np.testing.assert_array_equal(
        shown(view, "out"), shown(view, "X") @ shown(view, "W") + shown(view, "b")
    )
    for side, size in {"n": 8, "d": 1}.items():
        slider = view.locator(f"[data-side={side}]")
        wide = slider.evaluate("e => e.clientWidth")
        slider.click(position={"x": 1 if size == 1 else wide - 1, "y": 12})
    assert shown(view, "dX").shape == (8, 1)
    for step in ("batch", "point", "entry"):
        view.click(f"[data-step={step}]")
        assert view.locator("[aria-pressed=true]").get_attribute("data-step") == step
    choose_each_mistake(view, lambda select: select.click())


def test_each_step_is_cited(show: "Show", addresses: dict[str, str]) -> None:
    view = show(random_case(14, 2, 3, 2).view("dX.0.0"))
    for step, tags in {"entry": ["chain", "entry-x"], "point": ["one-dx"], "batch": ["dx"]}.items():
        view.click(f"[data-step={step}]")
        links = view.locator("[data-part=by] a").evaluate_all("all => all.map(a => a.href)")
        assert links == [f"{addresses['http']}/t/{tag}/index.html" for tag in tags]
    view.hover(selector("X", 0, 0))
    assert view.locator("[data-part=by] a").count() == 0


def test_what_is_no_small_integer_changes_nothing(show: "Show") -> None:
    case = random_case(4, 2, 2, 2)
    view = show(case.view())
    cell = view.locator(selector("W", 0, 1))
    cell.fill("1.5")
    assert cell.get_attribute("aria-invalid") == "true"
    assert says(view) == "A cell takes a whole number from −99 to 99."
    cell.blur()
    assert_shows(view, case)


def test_keyboard_alone_reaches_everything(show: "Show") -> None:
    view = show(random_case(5, 2, 3, 2).view())
    view.locator("[data-side=n]").focus()
    view.keyboard.press("ArrowRight")
    assert shown(view, "X").shape == (3, 3)
    for _ in range(4):
        view.keyboard.press("Tab")
    view.keyboard.press("Enter")
    assert view.locator("[aria-pressed=true]").inner_text() == "one data point"
    for _ in range(2):
        view.keyboard.press("Tab")
    view.keyboard.press("ArrowDown")
    view.keyboard.press("End")
    view.keyboard.type("4")
    assert shown(view, "X")[1, 2] == 4
    assert says(view).startswith("X[1,:] goes forwards into out[1,:]")
    stops = view.locator(".explorer-board input[tabindex='0']")
    assert stops.count() == 8  # One for each matrix.
    view.locator("[data-part=mistake]").focus()
    for mistake in MISTAKES:
        view.keyboard.press("ArrowDown")
        assert view.locator("[data-part=mistake]").input_value() == mistake
        assert "unnoticed" in view.locator("[data-part=broken]").inner_text()


def test_touch_reaches_everything(chromium: "Browser", show: "Show") -> None:
    phone = chromium.new_context(has_touch=True, viewport={"width": 360, "height": 740})
    view = show(random_case(6, 2, 3, 2).view(), context=phone)
    for name in ("X", "dW", "db"):
        view.locator(selector(name, 0, 1)).tap()
        assert re.match(rf"{name}\[(0,)?1\]", says(view))
    view.locator("[data-step=point]").tap()
    assert view.locator("[aria-pressed=true]").inner_text() == "one data point"
    view.locator(selector("W", 1, 1)).tap()
    view.keyboard.type("7")  # The keyboard of the phone.
    assert shown(view, "W")[1, 1] == 7
    view.locator("[data-side=m]").tap()  # The middle of a slider from 1 to 8.
    assert shown(view, "W").shape[1] in (4, 5)
    choose_each_mistake(view, lambda select: select.tap())
    small = """() => [...document.querySelectorAll(
      "affine-explorer :is(input, button, select)")].filter(e => {
        const {width, height} = e.getBoundingClientRect();
        return width < 24 || height < 24 }).length"""
    assert view.evaluate(small) == 0
    phone.close()


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("sizes", [(3, 2, 4), (2, 3, 3)])
def test_wrong_entries_are_those_of_numpy(
    mistake: str, sizes: tuple[int, int, int], show: "Show"
) -> None:
    case = random_case(7, *sizes, zeros=True)
    case.x[0, 0] = 0  # Or nothing would be masked.
    view = show(case.view())
    view.select_option("[data-part=mistake]", mistake)
    cells = view.evaluate(CELLS)
    for name, expected in wrong(case, mistake).items():
        found = np.array([c["wrong"] for c in cells if c["name"] == name])
        np.testing.assert_array_equal(found.reshape(expected.shape), expected, name)
    said = view.locator("[data-part=broken]").inner_text()
    assert f"{sum(int(one.sum()) for one in wrong(case, mistake).values())} entries" in said


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_shapes_that_hide_a_mistake_are_found(mistake: str, show: "Show") -> None:
    view = show(random_case(8, 2, 2, 3).view(mistake=mistake))
    said = view.locator("[data-part=broken]").inner_text()
    pattern = r"unnoticed (.+) when values are compared, and (.+) when shapes alone are"
    by_value, by_shape = re.search(pattern, said).groups()  # type: ignore[union-attr]
    assert (where(by_value), where(by_shape)) == hidden(mistake)


def test_what_a_mistake_makes_wrong_is_beside_what_it_should_be(show: "Show") -> None:
    case = random_case(13, 3, 2, 4)
    view = show(case.view("dW.1.2", "entry", "averaged-over-the-batch"))
    right = int(affine.backward(case.dout, case.x, case.w).dw[1, 2])
    assert re.fullmatch(rf"dW\[1,2\] should be .+ = {right}", says(view).replace("−", "-"))
    assert "not equal" in view.locator("[data-part=check]").inner_text()


def test_the_identities_that_break_are_linked(show: "Show", addresses: dict[str, str]) -> None:
    view = show(random_case(9, 3, 2, 4).view(mistake="averaged-over-the-batch"))
    links = view.locator("[data-part=broken] a").evaluate_all("all => all.map(a => a.href)")
    assert f"{addresses['http']}/t/dw/index.html" in links
    assert f"{addresses['http']}/p/a_split_batch_stacks_and_adds/index.html" in links
    assert not any("/t/dx/" in link for link in links)
    assert all(view.request.get(link).ok for link in links)
