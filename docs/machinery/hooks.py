"""What this site adds to an MkDocs build: generated pages, cross references, checks, files."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from affine.mistakes import MISTAKES
from affine.report.record import SCHEMA, schema
from docs.machinery import (
    citations,
    font,
    mistakepage,
    orphans,
    pages,
    propertypage,
    record,
    tagpage,
)

# What this build has met so far: the home of each equation, and its address in the site.
_homes: dict[str, list[str]] = defaultdict(list)
_addresses: dict[str, str] = {}

_ANCHORS = re.compile(r'id="((eq|source|correction)-([\w-]+))"')

_USED_IN = re.compile(r'<used-in data-tag="([\w-]+)"></used-in>')

# The lists of everything, and what an equation's block names already, say nothing more.
_LISTS = re.compile(
    r"#(tag|p|mistake)-|(properties|mistakes|handwritten|reference/\w+|(^|/)equations|(^|/)api)\.html"
)


def _project(config: MkDocsConfig) -> citations.Citation:
    path = Path(config.config_file_path or ".").with_name("CITATION.cff")
    return citations.of_project(path, config.site_url or "")


def _fail(complaints: list[str]) -> None:
    if complaints:
        raise PluginError("\n  ".join(["the site has loose ends:", *complaints]))


def on_config(config: MkDocsConfig) -> None:
    _homes.clear()
    _addresses.clear()
    if not config.site_url:
        config.copyright = "Preview build: it has no public address."


def on_pre_build(config: MkDocsConfig) -> None:
    _fail(orphans.of_registry(record.load()))


# ------------------------------------------------------------------ pages


def on_files(files: Files, config: MkDocsConfig) -> None:
    for address, content in _generated(_project(config)):
        files.append(File.generated(config, address, content=content))


def _generated(project: citations.Citation) -> Iterator[tuple[str, str]]:
    """Yield the address and content of what is not written by hand: a page for each thing."""
    built = record.load()
    for tag, equation in built.equations.items():
        cited = citations.of_equation(equation, project)
        yield f"t/{tag}/index.md", tagpage.tag_page(equation, cited)
    for name, found in built.properties.items():
        yield f"p/{name}/index.md", propertypage.property_page(found, built)
    for name, mistake in MISTAKES.items():
        yield f"mistakes/{name}.md", mistakepage.mistake_page(mistake, built)
    yield f"schema/report-{SCHEMA}.json", json.dumps(schema(), indent=1) + "\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    built, project = record.load(), _project(config)
    generated = {
        "properties.md": lambda: pages.properties(built),
        "mistakes.md": lambda: mistakepage.mistakes(built),
        "catches.md": lambda: propertypage.catches(built),
        "handwritten.md": lambda: pages.handwritten(built),
        "reference/equations.md": lambda: pages.equations(built),
        "cite.md": lambda: tagpage.cite_project(project, built.equations),
    }
    make = generated.get(page.file.src_uri)
    return f"{markdown}\n\n{make()}\n" if make else markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Make the anchors in the site's own HTML known to cross references."""
    autorefs: Any = config.plugins["autorefs"]
    for anchor, kind, name in _ANCHORS.findall(html):
        title = name
        if kind == "eq":
            _homes[name].append(page.file.src_uri)
            _addresses[name] = f"{page.url}#{anchor}"
            equation = record.load().equations.get(name)
            title = equation.title if equation else name
        autorefs.register_anchor(page, anchor, title=title)


def on_page_context(context: Any, page: Page, config: MkDocsConfig, nav: Any) -> None:
    """Give the head of a page what reference managers look for."""
    project = _project(config)
    uri = page.file.src_uri
    if found := re.fullmatch(r"t/([\w-]+)/index\.md", uri):
        cited = citations.of_equation(record.load().equations[found[1]], project)
    elif uri.startswith("derivation/"):
        address = page.canonical_url or ""
        cited = citations.of_page(str(page.title), project, address if project.address else "")
    elif uri in ("index.md", "cite.md"):
        cited = project
    else:
        return
    context["highwire"] = citations.highwire(cited)
    context["cite_as"] = cited.address


# ------------------------------------------------------------------ once all pages are known


def _register_equations(env: Any, config: MkDocsConfig, files: Files) -> None:
    """List the equations in objects.inv, before mkdocstrings writes it."""
    _fail(orphans.of_pages(record.load(), _homes))
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
    told = sorted((one.title, one.url) for one in crumbs if not _LISTS.search(one.url))
    links = ", ".join(f'<a href="{escape(to)}">{title}</a>' for title, to in told)
    return f"<div><dt>Used in</dt><dd>{links}</dd></div>" if links else ""


# ------------------------------------------------------------------ files beside the pages


def on_post_build(config: MkDocsConfig) -> None:
    site = Path(config.site_dir)
    font.write(site)
    entries = [_entry(tag, config) for tag in record.load().equations]
    text = json.dumps(entries, indent=1, ensure_ascii=False)
    (site / "equations.json").write_text(text + "\n", encoding="utf-8")


def _entry(tag: str, config: MkDocsConfig) -> dict[str, Any]:
    built = record.load()
    equation = built.equations[tag]
    return {
        "tag": tag,
        "number": equation.number,
        "title": equation.title,
        "tex": equation.tex,
        "spoken": equation.spoken,
        "symbols": dict(equation.symbols),
        "assumes": list(equation.assumes),
        "function": None if equation.is_statement_only else equation.function,
        "properties": {
            found.name: built.results.status(found.name) for found in built.testing(tag)
        },
        "by_definition": equation.by_definition or None,
        "source": list(equation.source),
        "page": _addresses[tag],
        "permanent": f"t/{tag}/",
    }
