"""Lighthouse on the pages that readers meet first, as on a phone; and what these pages weigh."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.site.audit.conftest import program, tool
from tests.site.conftest import FLAGS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

PAGES = ["index.html", "derivation/whole-batch.html", "t/dw/index.html"]
LEAST = 0.95
MOST_BYTES = 350_000
# A hundredth of what Core Web Vitals call good: in one visit of some ten a formula moves by 0.0001.
STILL = 0.001
# When the font comes depends on what this machine does besides: the stillest visit of some.
TRIES = 8
# Without a screen Chromium holds a first picture back until the next beat, once a second.
CHROME = ["--headless", *FLAGS[:-1], "--disable-features=PaintHolding,DeferCommits"]
KINDS = ["accessibility", "best-practices", "seo"]


def scores(address: str, folder: Path, categories: list[str]) -> dict[str, float]:
    """What Lighthouse, in its mobile setting, gives for each category."""
    report = folder / "report.json"
    command = [
        program("node", "nodejs"), str(tool("lighthouse", "cli", "index.js")), address,
        "--quiet", "--output=json", f"--output-path={report}",
        f"--only-categories={','.join(categories)}", f"--chrome-flags={' '.join(CHROME)}",
    ]  # fmt: skip
    environ = os.environ | {"CHROME_PATH": program("chromium", "chromium")}
    subprocess.run(command, env=environ, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return {name: one["score"] for name, one in found["categories"].items()}


@pytest.mark.parametrize("place", PAGES)
def test_lighthouse_is_content(place: str, addresses: dict[str, str], tmp_path: Path) -> None:
    found = scores(f"{addresses['http']}/{place}", tmp_path, KINDS)
    assert set(found) == set(KINDS)
    assert min(found.values()) >= LEAST, found


@pytest.mark.parametrize("place", PAGES[:2])
def test_a_page_is_light_and_stays_where_it_is(
    place: str, addresses: dict[str, str], chromium: "Browser", capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything that one visit transfers; and nothing moves when the font has come."""
    for _ in range(TRIES):
        weight, shift = visit(f"{addresses['http']}/{place}", chromium)
        if shift < STILL:
            break
    with capsys.disabled():
        print(f"\n{place}: {weight / 1000:.0f} kB, layout shift {shift:.4f}")
    assert weight <= MOST_BYTES
    assert shift < STILL


def visit(address: str, chromium: "Browser") -> tuple[int, float]:
    """Return how many bytes one visit transfers, and how much moves meanwhile."""
    weights: list[int] = []

    def weigh(response: "Response") -> None:
        sizes = response.request.sizes()
        weights.append(sizes["responseBodySize"] + sizes["responseHeadersSize"])

    view = chromium.new_page(viewport={"width": 1280, "height": 800})
    view.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "entry => { window.shift += entry.value })).observe({type: 'layout-shift', buffered: true})"
    )
    view.on("response", weigh)
    view.goto(address, wait_until="networkidle")
    shift = view.evaluate("document.fonts.ready.then(() => window.shift)")
    view.close()
    return sum(weights), float(shift)
