"""Links of a folder of pages that lead nowhere, found without a browser."""

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["dead_links"]


class _Page(HTMLParser):
    """What a page refers to, and the places in it that others can refer to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = {"", "__top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


@cache
def _read(path: Path) -> _Page:
    return _Page(path.read_text(encoding="utf-8"))


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
            if not urlsplit(inside).scheme and not _leads_somewhere(path, base, inside):
                yield f"{path.relative_to(root)}: {link}"


def _leads_somewhere(page: Path, base: Path, link: str) -> bool:
    parts = urlsplit(link)
    target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else page
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return False
    return target.suffix != ".html" or unquote(parts.fragment) in _read(target).anchors
