"""No page is wider than the window, no formula wraps, no title lies on a tag: in two browsers."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.site.audit.conftest import program, tool
from tests.site.conftest import PRINTED, pages

SCRIPT = Path(__file__).with_name("layout.mjs")
WIDTHS = "320,360,414,768,1280"
BROWSERS = {"firefox": "firefox-esr", "chrome": "chromium"}


@pytest.mark.parametrize("browser", BROWSERS)
def test_every_page_fits_every_window(browser: str, addresses: dict[str, str]) -> None:
    package = BROWSERS[browser]
    command = ["node", str(SCRIPT), str(tool("puppeteer-core").parent), browser]
    command += [program(package, package), WIDTHS]
    shown = [*pages("**/*.html"), *sorted(PRINTED)]
    command += [f"{addresses['http']}/{page}" for page in shown]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert not found, "\n".join(
        "{address} at {width} px, {scheme}: {what}".format(**one) for one in found
    )
