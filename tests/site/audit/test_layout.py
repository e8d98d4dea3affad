"""No page is wider than the window, no formula wraps, no title lies on a tag: in two browsers."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.site.audit.conftest import program, tool
from tests.site.conftest import PRINTED, pages

SCRIPT = Path(__file__).with_name("layout.mjs")
WIDTHS = [320, 360, 414, 768, 1280]
BROWSERS = {"firefox": "firefox-esr", "chrome": "chromium"}


def some(number: int) -> list[int]:
    """The narrowest width, and of the others each for every so-many-th page."""
    return [WIDTHS[0], WIDTHS[1 + number % (len(WIDTHS) - 1)]]


def every(number: int) -> list[int]:
    return WIDTHS


@pytest.mark.parametrize("widths", [some, pytest.param(every, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("browser", BROWSERS)
def test_every_page_fits_its_windows(
    browser: str, widths: Callable[[int], list[int]], addresses: dict[str, str]
) -> None:
    package = BROWSERS[browser]
    command = ["node", str(SCRIPT), str(tool("puppeteer-core").parent), browser]
    command.append(program(package, package))
    for number, page in enumerate([*pages("**/*.html"), *sorted(PRINTED)]):
        command.append(f"{','.join(map(str, widths(number)))}@{addresses['http']}/{page}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert not found, "\n".join(
        "{address} at {width} px, {scheme}: {what}".format(**one) for one in found
    )
