"""What this site adds to an MkDocs build: generated pages, cross references, checks, files."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from affine.checker.diagnosis import MISTAKES
from affine.checker.report.record import SCHEMA, schema
from docs.site_builder import record
from docs.site_builder.citation import citations
from docs.site_builder.citation.hook import project
from docs.site_builder.equations import crossref_checks, font, tag_stability
from docs.site_builder.pages import (
    changes,
    ledgerpage,
    listing,
    lists,
    mistakepage,
    propertypage,
    summarypage,
    tagpage,
)
from docs.site_builder.pictures import explorer, shapes, social

# What this build has met so far: the home of each equation, and its address in the site.
_homes: dict[str, list[str]] = defaultdict(list)
_addresses: dict[str, str] = {}

_ANCHORS = re.compile(r'id="((eq|source|correction)-([\w-]+))"')

_USED_IN = re.compile(r'<used-in data-tag="([\w-]+)"></used-in>')

# Lists of everything and generated pages name an equation without saying more about it.
_LISTS = re.compile(
    r"(t|p|mistakes|reference)/|(properties|mistakes|handwritten|ledger|changes|cite|summary)\.html"
)


# The sheets of all pages, a later one above an earlier one. They are sent as one: a page is not
# painted before the last of its sheets has come.
_SHEETS = ("site", "equations", "gallery", "plots", "explorer", "cite", "print", "summary")


def _fail(complaints: list[str]) -> None:
    if complaints:
        raise PluginError("\n  ".join(["the site has loose ends:", *complaints]))


def on_config(config: MkDocsConfig) -> None:
    _homes.clear()
    _addresses.clear()


def on_pre_build(config: MkDocsConfig) -> None:
    built = record.load()
    _fail(
        [
            *crossref_checks.of_registry(built),
            *shapes.of_registry(built),
            *tag_stability.broken(built),
        ]
    )


# ------------------------------------------------------------------ pages


def on_files(files: Files, config: MkDocsConfig) -> None:
    for address, content in _generated(project(config)):
        files.append(File.generated(config, address, content=content))
    sheets = [files.src_uris[f"assets/{name}.css"] for name in _SHEETS]
    style = "\n".join(sheet.content_string for sheet in sheets)
    files.append(File.generated(config, "assets/style.css", content=style))
    for sheet in sheets:
        files.remove(sheet)


def _generated(whole: citations.Citation) -> Iterator[tuple[str, str]]:
    """Yield the address and content of what is not written by hand: a page for each thing."""
    built = record.load()
    for tag, equation in built.equations.items():
        cited = citations.of_equation(equation, whole)
        yield f"t/{tag}/index.md", tagpage.tag_page(equation, built, cited)
    for event in built.withdrawn():
        cited = citations.of_equation(event, whole)
        yield f"t/{event.tag}/index.md", tagpage.retired_page(event.tag, built, cited)
    for name, found in built.properties.items():
        yield f"p/{name}/index.md", propertypage.property_page(found, built)
    for name, mistake in MISTAKES.items():
        yield f"mistakes/{name}.md", mistakepage.mistake_page(mistake, built)
    yield f"schema/report-{SCHEMA}.json", _json(schema())
    yield f"schema/equations-{listing.SCHEMA}.json", _json(listing.schema())
    yield "changes.xml", changes.feed(built, whole.title, whole.address)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    built = record.load()
    generated = {
        "properties.md": lambda: lists.properties(built),
        "mistakes.md": lambda: mistakepage.mistakes(built),
        "catches.md": lambda: propertypage.catches(built),
        "handwritten.md": lambda: lists.handwritten(built),
        "ledger.md": lambda: ledgerpage.ledger(built),
        "summary.md": lambda: summarypage.summary(built),
        "changes.md": lambda: changes.changes(built),
    }
    make = generated.get(page.file.src_uri)
    return f"{markdown}\n\n{make()}\n" if make else markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make the anchors in the site's own HTML known to cross references, and place scripts."""
    autorefs: Any = config.plugins["autorefs"]
    for anchor, kind, name in _ANCHORS.findall(html):
        title = name
        if kind == "eq":
            _homes[name].append(page.file.src_uri)
            _addresses[name] = f"{page.url}#{anchor}"
            # What a search is for comes before what only mentions it.
            page.meta.setdefault("search", {"boost": 8})
            equation = record.load().equations.get(name)
            title = equation.title if equation else name
        autorefs.register_anchor(page, anchor, title=title)
    return explorer.placed(html, get_relative_url(".", page.url))


# ------------------------------------------------------------------ once all pages are known


def _register_equations(env: Any, config: MkDocsConfig, files: Files) -> None:
    """List the equations in objects.inv, before mkdocstrings writes it."""
    _fail(crossref_checks.of_pages(record.load(), _homes))
    inventory = config.plugins["mkdocstrings"].handlers.inventory  # type: ignore[attr-defined]
    for tag, equation in record.load().equations.items():
        title = f"({tag}) {equation.title}"
        inventory.register(f"eq-{tag}", "std", "label", _addresses[tag], dispname=title)


@event_priority(-60)  # After autorefs has collected who refers to whom.
def _fill_used_in(env: Any, config: MkDocsConfig, files: Files) -> None:
    for page in (file.page for file in files.documentation_pages() if file.page):
        used_in = partial(_used_in, url=page.url, config=config)
        page.content = _USED_IN.sub(used_in, page.content or "")


on_env = CombinedEvent(_register_equations, _fill_used_in)


def _used_in(place: re.Match[str], url: str, config: MkDocsConfig) -> str:
    autorefs: Any = config.plugins["autorefs"]
    backlinks = autorefs.get_backlinks(f"eq-{place[1]}", from_url=url)
    crumbs = {link.crumbs[-1] for links in backlinks.values() for link in links}
    told = sorted((one.title, one.url) for one in crumbs if not _LISTS.match(_at(one.url, url)))
    links = ", ".join(f'<a href="{escape(to)}">{title}</a>' for title, to in told)
    return f"<div><dt>Used in</dt><dd>{links}</dd></div>" if links else ""


def _at(link: str, page: str) -> str:
    """Return the address, from the root of the site, that a link on a page leads to."""
    return normpath(join(dirname(page), link))


# ------------------------------------------------------------------ files beside the pages


def on_post_build(config: MkDocsConfig) -> None:
    site = Path(config.site_dir)
    font.write(site)
    social.draw(site / "assets" / "social.png", record.load())
    cited = project(config)
    found = listing.equations(record.load(), _addresses, cited.version, cited.address)
    (site / "equations.json").write_text(_json(found), encoding="utf-8")
    results = record.load().results
    smallest = "run make test for the smallest case"
    broken = (f"the reference breaks {name}: {smallest}" for name in results.broken)
    _fail([*broken, *results.lost])


def _json(found: Any) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
