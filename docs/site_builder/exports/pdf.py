"""The book of the derivation as a PDF, printed by the Chromium of this machine.

A build makes it where AFFINE_PDF=1 says so, as in `make pdf`; only then do pages link to it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
from mkdocs.exceptions import PluginError

__all__ = ["NAME", "browser", "sentences", "wanted", "write"]

NAME = "affine.pdf"

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
]
_SENTENCE = re.compile(r"^\[\[pdf: (.+)\]\]$", re.MULTILINE)


def wanted() -> bool:
    """Whether this build makes the PDF."""
    return os.environ.get("AFFINE_PDF") == "1"


def browser() -> str:
    """Return the path of Chromium, or say how to get it."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise PluginError(
            "the PDF needs Chromium, and there is none on the PATH.\n"
            "      On Debian and Ubuntu: apt-get install chromium. "
            "Without it, `make site-build` makes the site without the PDF."
        )
    return found


def sentences(markdown: str) -> str:
    """Keep what a page says about the PDF, `[[pdf: …]]`, where there is one; not on paper."""
    return _SENTENCE.sub(r"\1\n{: .on-screen }" if wanted() else "", markdown)


def write(book: Path, target: Path, data: Mapping[str, str]) -> None:
    """Print the book, and write into the PDF what it is."""
    target.unlink(missing_ok=True)
    with TemporaryDirectory() as profile:
        options = [f"--user-data-dir={profile}", f"--print-to-pdf={target}"]
        done = subprocess.run(
            [browser(), *_FLAGS, *options, book.resolve().as_uri()],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    if done.returncode or not target.exists():
        raise PluginError(f"Chromium printed no PDF (exit code {done.returncode}):\n{done.stderr}")
    with pikepdf.open(target, allow_overwriting_input=True) as pdf:
        for name, value in data.items():
            pdf.docinfo[f"/{name}"] = value
        # The structure for screen readers is most of the file, and shrinks to a fifth.
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
