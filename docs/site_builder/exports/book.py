"""The derivation as one page to be printed, and as the PDF that the Chromium here prints of it.

The page is the site's own pages, one after the other. A build makes the PDF where AFFINE_PDF=1 says
so, as in `make pdf`; only then do pages link to it.
"""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

import pikepdf
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

URL = "derivation/book.html"
PDF = "affine.pdf"
# What the derivation refers to, so that these links stay in the book.
SOURCE, REFERENCES = "handwritten.md", "references.md"


_TAGS = re.compile(r"<[a-z][^>]*>")
# What a reader of the site can follow or press, and a reader of paper cannot.
_ON_SCREEN = re.compile(
    r'<p class="on-screen">.*?</p>'
    r"|<div><dt>(?:Used in|Copy and cite)</dt><dd>.*?</dd></div>"
    # The block says how many properties test it; their names fill half a page.
    r"|<div><dt>Tested by</dt><dd><ul>.*?</dd></div>"
    r'|<details class="cite-page"[^>]*>.*?</details>',
    re.DOTALL,
)
_ID, _HREF = re.compile(r' id="([^"]*)"'), re.compile(r' href="([^"]*)"')

_PROGRAM = re.compile(r"<pre>(?=(.*?)</pre>)", re.DOTALL)
_LONG = 24  # lines: a program with more may go on on the next page


class Chapter(NamedTuple):
    """One page of the site in the book."""

    id: str
    title: str
    content: str


def chapters(pages: Sequence[Page], site: str) -> list[Chapter]:
    """Return the derivation in the order of the navigation, its source and its references.

    Where a link leaves the book, it needs the site's URL; in a preview its text stands alone.
    """
    chosen = [page for page in pages if page.file.src_uri.startswith("derivation/")]
    chosen += [page for uri in (SOURCE, REFERENCES) for page in pages if page.file.src_uri == uri]
    ids = _ids(chosen)
    return [
        Chapter(ids[page.url, ""], str(page.title), _rewritten(page, ids, site)) for page in chosen
    ]


def _ids(pages: Sequence[Page]) -> dict[tuple[str, str], str]:
    """The id in the book of each id of a page, and of the page itself, under `""`."""
    on_page = {page.url: _ID.findall("".join(_TAGS.findall(page.content or ""))) for page in pages}
    count = Counter(id for ids in on_page.values() for id in ids)
    names = {}
    for page in pages:
        chapter = f"chapter-{page.url.removeprefix('derivation/').removesuffix('.html')}"
        names[page.url, ""] = chapter
        for id in on_page[page.url]:
            # An equation keeps its id; a heading such as `in-code` stands on several pages.
            names[page.url, id] = id if count[id] == 1 else f"{chapter}-{id}"
    return names


def _rewritten(page: Page, ids: Mapping[tuple[str, str], str], site: str) -> str:
    """Return the content of a page with the ids and links of the book."""

    def link(href: re.Match[str]) -> str:
        url = urljoin(page.url, href[1])
        target, anchor = urldefrag(url)
        if (target, anchor) in ids:
            return f' href="#{ids[target, anchor]}"'
        return f' href="{urljoin(site, url)}"' if "://" in url or site else ""

    def tag(match: re.Match[str]) -> str:
        return _HREF.sub(link, _ID.sub(lambda id: f' id="{ids[page.url, id[1]]}"', match[0]))

    def program(match: re.Match[str]) -> str:
        return '<pre class="long">' if match[1].count("\n") > _LONG else match[0]

    return _TAGS.sub(tag, _PROGRAM.sub(program, _ON_SCREEN.sub("", page.content or "")))


_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
]  # fmt: skip
# Where the number of a chapter's page goes, in the template of the book.
_IN_CONTENTS = re.compile(r'<span class="book-page" data-of="([\w-]+)">')
_SENTENCE = re.compile(r"^\[\[pdf: (.+)\]\]$", re.MULTILINE)


def has_pdf() -> bool:
    return os.environ.get("AFFINE_PDF") == "1"


def browser() -> str:
    """Return the path of Chromium, or say how to get it."""
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        raise PluginError(
            "the PDF needs Chromium, and there is none on the PATH.\n"
            "      On Debian and Ubuntu: apt-get install chromium. "
            "Without it, `make site-build` makes the site without the PDF."
        )
    return path


def pdf_sentences(markdown: str) -> str:
    """Keep what a page says about the PDF, `[[pdf: …]]`, where there is one; not on paper."""
    return _SENTENCE.sub(r"\1\n{: .on-screen }" if has_pdf() else "", markdown)


def print_pdf(book: Path, target: Path, data: Mapping[str, str]) -> None:
    """Print the book, and write into the PDF what it is.

    It is printed twice: on which page a chapter begins is known only once it is printed.
    """
    _print(book, target)
    with pikepdf.open(target) as pdf:
        numbers = _page_numbers(pdf)
    html = book.read_text(encoding="utf-8")
    book.write_text(_IN_CONTENTS.sub(lambda at: f"{at[0]}{numbers[at[1]]}", html), encoding="utf-8")
    _print(book, target)
    with pikepdf.open(target, allow_overwriting_input=True) as pdf:
        for name, value in data.items():
            pdf.docinfo[f"/{name}"] = value
        # The structure for screen readers is most of the file, and shrinks to a fifth.
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _page_numbers(pdf: pikepdf.Pdf) -> dict[str, int]:
    """Return the number of the page on which each id of the book is."""
    numbers = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
    places = pdf.Root["/Dests"].items()
    return {name.removeprefix("/"): numbers[place[0].objgen] for name, place in places}


def _print(book: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with TemporaryDirectory() as profile:
        options = [f"--user-data-dir={profile}", f"--print-to-pdf={target}"]
        done = subprocess.run(
            [browser(), *_FLAGS, *options, book.resolve().as_uri()],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    if done.returncode or not target.exists():
        raise PluginError(f"Chromium printed no PDF (exit code {done.returncode}):\n{done.stderr}")
