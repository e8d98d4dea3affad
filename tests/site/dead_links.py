"""Links of a folder of pages that lead nowhere, found without a browser."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lxml import html

__all__ = ["dead_links"]


class _Page(NamedTuple):
    """What a page refers to, and the places in it that others can refer to."""

    links: list[str]
    anchors: set[str]


@cache
def _read(path: Path) -> _Page:
    page = html.parse(path, html.HTMLParser(encoding="utf-8"))
    return _Page(page.xpath("//@href | //@src"), {"", "__top", *page.xpath("//@id | //@name")})


def dead_links(root: Path, below: str = "", address: str = "") -> Iterator[str]:
    """Yield, for each page, the links inside the site that lead to no file or no anchor.

    Args:
        root: The folder that is published.
        below: Look only at pages in this folder of it.
        address: Where it is published: links that start with it are inside the site too.
    """
    for path in sorted((root / below).rglob("*.html")):
        for link in _read(path).links:
            inside = link.removeprefix(address) if address else link
            base = root if inside != link or inside.startswith("/") else path.parent
            parts = urlsplit(inside)
            if parts.scheme:
                continue
            target = _target(base, parts.path) if parts.path else path
            if not _holds(target, parts.fragment):
                yield f"{path.relative_to(root)}: {link}"


@cache
def _target(folder: Path, place: str) -> Path:
    target = (folder / unquote(place).lstrip("/")).resolve()
    return target / "index.html" if target.is_dir() else target


@cache
def _holds(file: Path, fragment: str) -> bool:
    if not file.is_file():
        return False
    return file.suffix != ".html" or unquote(fragment) in _read(file).anchors
