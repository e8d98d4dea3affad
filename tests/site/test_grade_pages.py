"""The pages that `affine grade` writes, opened from the disk as a lecturer does."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.checker.command_line import main
from tests.checker.grade.classroom import classroom

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grade")
    classroom(folder / "class", 8)
    (folder / "class" / "student-0009").mkdir()
    assert main("grade", str(folder / "class"), "--out", str(folder / "out")).code == 0
    return folder / "out"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_sorts_searches_and_leads_to_each_page(
    graded: Path, reader: "Callable[..., BrowserContext]", scheme: str
) -> None:
    """In either scheme, without an error of the script and with nothing for axe-core."""
    from axe_playwright_python.sync_playwright import Axe

    problems: list[str] = []
    view = reader(color_scheme=scheme).new_page()
    view.on("pageerror", lambda error: problems.append(str(error)))
    view.on("console", lambda m: problems.extend([m.text] if m.type == "error" else []))
    view.goto((graded / "index.html").as_uri())
    rows = view.locator("tbody tr:visible")
    names = [name for name in rows.locator("a").all_text_contents() if name]
    assert names == sorted(names)
    assert len(names) == 9
    assert broken_rules(Axe(), view) == []
    view.get_by_role("button", name="submission").click()
    assert rows.locator("a").all_text_contents() == names[::-1]
    view.get_by_role("button", name="seconds").click()
    seconds = [float(text) for text in rows.locator("td:last-child").all_text_contents()]
    assert seconds == sorted(seconds)
    view.get_by_label("Search").fill("NOT judged")
    assert rows.count() == 1
    assert view.get_by_role("status").text_content() == "1 of 9 shown"
    view.get_by_label("Search").fill("")
    bar = view.locator("summary").first
    bar.click()
    link = view.locator("details[open] a").first
    name = link.text_content()
    link.click()
    assert view.title() == f"{name}: wrong"
    assert view.get_by_role("heading", name="Points").is_visible()
    assert broken_rules(Axe(), view) == []
    assert problems == []
    view.close()


def broken_rules(axe: Any, view: Any) -> list[str]:
    return [found["id"] for found in axe.run(view).response["violations"]]


def test_without_a_script_all_is_there(
    graded: Path, reader: "Callable[..., BrowserContext]"
) -> None:
    view = reader(java_script_enabled=False).new_page()
    view.goto((graded / "index.html").as_uri())
    assert view.locator("tbody tr:visible").count() == 9
    assert not view.get_by_label("Search").is_visible()
    view.close()
