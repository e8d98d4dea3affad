"""The text of every page as a reader sees it, read without a browser."""

import re
from html.parser import HTMLParser

from tests.site.conftest import SITE

# What holds code, or is not shown.
SKIPPED = {"code", "pre", "script", "style", "template", "textarea", "noscript"}

# A directive, a formula or a reference that nothing turned into HTML.
RAW = re.compile(r".*(?:\\[(\[]|\[\[\w+|\]\[(?:eq|property)-).*")


class Prose(HTMLParser):
    """Collects the text outside of what is skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.skipping: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SKIPPED:
            self.skipping.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.skipping and self.skipping[-1] == tag:
            self.skipping.pop()

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.texts.append(data)


def prose(html: str) -> str:
    """Return the text that a reader sees.

    Examples:
        >>> prose("<p>A <code>[[x: y]]</code> b<script>c</script></p>")
        'A  b'
    """
    reader = Prose()
    reader.feed(html)
    return "".join(reader.texts)


def test_raw_markup_is_noticed() -> None:
    for raw in (r"\(X\)", "[[boxes: X[N,D]]]", "[(dw)][eq-dw]"):
        assert RAW.search(prose(f"<p>{raw}</p>"))
        assert not RAW.search(prose(f"<pre>{raw}</pre>"))


def test_no_markup_is_left_raw(addresses: dict[str, str]) -> None:
    """What nothing turned into HTML would be read as typed."""
    found = {
        str(page.relative_to(SITE)): raw
        for page in SITE.rglob("*.html")
        if (raw := RAW.findall(prose(page.read_text(encoding="utf-8"))))
    }
    assert not found
