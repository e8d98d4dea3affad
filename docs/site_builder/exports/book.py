"""The derivation as one page, to be printed: the site's own pages, one after the other."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

from mkdocs.structure.pages import Page

__all__ = ["ADDRESS", "SOURCE", "Chapter", "chapters"]

ADDRESS = "derivation/book.html"
# What the derivation refers to as its source, so that these links stay in the book.
SOURCE = "handwritten.md"

_TAGS = re.compile(r"<[a-z][^>]*>")
# What a reader of the site can follow or press, and a reader of paper cannot.
_ON_SCREEN = re.compile(
    r'<p class="on-screen">.*?</p>'
    r"|<div><dt>(?:Used in|Copy and cite)</dt><dd>.*?</dd></div>"
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
    """Return the derivation in the order of the navigation, and the source that it refers to.

    Args:
        pages: All pages of the navigation.
        site: The site's address, `""` for a preview. Where a link leaves the book, it needs one;
            in a preview its text stands alone.
    """
    found = [page for page in pages if page.file.src_uri.startswith("derivation/")]
    found += [page for page in pages if page.file.src_uri == SOURCE]
    names = _names(found)
    link = _linker(names, site)
    return [
        Chapter(names[page.url, ""], str(page.title), _rewritten(page, names, link))
        for page in found
    ]


def _names(pages: Sequence[Page]) -> dict[tuple[str, str], str]:
    """The id in the book of each id of a page, and of the page itself, under `""`."""
    ids = {page.url: _ID.findall("".join(_TAGS.findall(page.content or ""))) for page in pages}
    count = Counter(id for found in ids.values() for id in found)
    names = {}
    for page in pages:
        chapter = f"chapter-{page.url.removeprefix('derivation/').removesuffix('.html')}"
        names[page.url, ""] = chapter
        for id in ids[page.url]:
            # An equation keeps its id; a heading such as `in-code` stands on several pages.
            names[page.url, id] = id if count[id] == 1 else f"{chapter}-{id}"
    return names


def _linker(names: dict[tuple[str, str], str], site: str) -> Callable[[str], str]:
    def link(address: str) -> str:
        page, anchor = urldefrag(address)
        if (page, anchor) in names:
            return f' href="#{names[page, anchor]}"'
        if "://" in address or site:
            return f' href="{urljoin(site, address)}"'
        return ""

    return link


def _rewritten(page: Page, names: dict[tuple[str, str], str], link: Callable[[str], str]) -> str:
    def tag(found: re.Match[str]) -> str:
        with_id = _ID.sub(lambda id: f' id="{names[page.url, id[1]]}"', found[0])
        return _HREF.sub(lambda href: link(urljoin(page.url, href[1])), with_id)

    content = _PROGRAM.sub(_marked_if_long, _ON_SCREEN.sub("", page.content or ""))
    return _TAGS.sub(tag, content)


def _marked_if_long(program: re.Match[str]) -> str:
    return '<pre class="long">' if program[1].count("\n") > _LONG else program[0]
