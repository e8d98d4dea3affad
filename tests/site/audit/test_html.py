"""The W3C's checker on every page of the built site."""

import json
import subprocess
from pathlib import Path

from tests.site.audit.conftest import program, tool
from tests.site.conftest import SITE


def errors(folder: Path) -> dict[str, str]:
    """What the checker finds wrong in the pages of a folder, each kind with an example."""
    command = [
        program("java", "default-jre-headless"), "-jar",
        str(tool("vnu-jar", "build", "dist", "vnu.jar")),
        "--skip-non-html", "--exit-zero-always", "--format", "json", str(folder),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {
        one["message"]: " ".join([one["url"], *one.get("extract", "").split()])
        for one in json.loads(done.stderr)["messages"]
        if one["type"] == "error"
    }


def test_only_the_theme_has_faults(addresses: dict[str, str], bare_site: Path) -> None:
    """A site of the bare theme has every kind of fault that these pages have."""
    assert addresses  # the site is built
    theme = errors(bare_site)
    ours = [f"{kind} {where}" for kind, where in errors(SITE).items() if kind not in theme]
    assert not ours, "\n".join(ours)


def test_the_checker_checks(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><p></b>", encoding="utf-8")
    assert errors(tmp_path)
