"""An MkDocs build for one of several versions, each in a folder of its own: where pages lie.

A tag page is the same in every version, so the tag pages of the newest version move out of its
folder, beside all versions: `t/dw/` next to `0.1.0/` and `0.2.0/`.
"""

import gzip
import os
import re
from html import escape
from pathlib import Path
from typing import NamedTuple

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

__all__ = ["PLACE", "Home", "listed", "moved_links"]

PLACE = "<!-- the versions that hold this equation -->"
"""Stands in a tag page for the list that only the publication knows."""

_OUT_OF_A_TAG_PAGE = re.compile(r"""(?<=["'])\.\./\.\.(?=[/"'])""")
_TO_A_TAG_PAGE = re.compile(r"""(?<=["'])((?:\.\./)*)(?=t/[\w-]+/)""")


def moved_links(html: str, url: str, version: str) -> str:
    """Return a page with the links that hold once the tag pages have moved out of the version.

    Args:
        html: The page.
        url: Its address in the version.
        version: The name of the version's folder.
    """
    if url.startswith("t/"):
        return _OUT_OF_A_TAG_PAGE.sub(f"../../{version}", html)
    return _TO_A_TAG_PAGE.sub(r"../\1", html)


class Home(NamedTuple):
    """Where a version derives an equation: its name, and the page with its anchor."""

    version: str
    page: str


def listed(homes: list[Home]) -> str:
    """Return, for a tag page beside the versions, where each version derives the equation."""
    links = ", ".join(
        f'<a href="../../{escape(home.version)}/{escape(home.page)}">{escape(home.version)}</a>'
        for home in homes
    )
    return f"<p>Derived in the versions {links}.</p>" if links else ""


# ------------------------------------------------------------------ the build


def _version() -> str:
    """The version that mike builds, `""` for a site of one version."""
    return os.environ.get("MIKE_DOCS_VERSION", "")


def on_config(config: MkDocsConfig) -> None:
    if not _version():
        return
    config.extra["version"] = {"provider": "mike", "default": "latest"}
    if config.site_url:  # mike has put the version at its end
        config.site_url = f"{config.site_url.rstrip('/')}/"


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    return moved_links(output, page.url, _version()) if _version() else output


def on_post_build(config: MkDocsConfig) -> None:
    """List the tag pages in the sitemap where they will be."""
    if not _version() or not config.site_url:
        return
    path = Path(config.site_dir, "sitemap.xml")
    beside = config.site_url.removesuffix(f"{_version()}/")
    text = path.read_text(encoding="utf-8").replace(f"{config.site_url}t/", f"{beside}t/")
    path.write_text(text, encoding="utf-8")
    path.with_name("sitemap.xml.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
