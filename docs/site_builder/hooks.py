"""What this site adds to an MkDocs build: generated pages, citations, copies, checks, files.

One object holds what a build learns; the table at the end says when MkDocs calls which method.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url, write_file
from mkdocs.utils.meta import get_data

from affine.checker.diagnosis import MISTAKES
from affine.checker.grade import results
from affine.checker.report.record import SCHEMA, schema
from docs.site_builder import elsewhere, install, line_breaks, record, repository
from docs.site_builder.citation import citations, publish
from docs.site_builder.citation.citations import Citation
from docs.site_builder.equations import checks, font, formula_text
from docs.site_builder.equations.symbols import symbols
from docs.site_builder.exports import book, plaintext
from docs.site_builder.pages import data, equations, mistakes, properties
from docs.site_builder.pictures import boxes, covers, explorer

ROOT = Path(__file__).parents[2]

# The pages to which the registry and the results add all there is of something.
_LISTS: dict[str, Callable[[record.Record], str]] = {
    "properties.md": properties.properties,
    "catches.md": properties.catches,
    "mistakes.md": mistakes.mistakes,
    "handwritten.md": equations.handwritten,
    "ledger.md": equations.ledger,
    "summary.md": equations.summary,
    "changes.md": data.changes,
    "derivation/notation.md": symbols,
}

# Lists of everything and generated pages name an equation without saying more about it.
_SAY_NO_MORE = re.compile(
    r"(t|p|mistakes|reference)/|(properties|mistakes|handwritten|ledger|changes|cite|summary)\.html"
)

_ANCHORS = re.compile(r'id="((eq|source|correction|ref)-([\w-]+))"')
_FOR_SEARCH = re.compile(r' data-search-\w+="[^"]*"')
_USED_IN = re.compile(r'<used-in data-tag="([\w-]+)"></used-in>')

# The stylesheets of all pages, a later one above an earlier one. They are sent as one: a page is
# not painted before the last of its stylesheets has come.
_STYLESHEETS = ("site", "equations", "gallery", "plots", "explorer", "cite", "print", "summary")


class Build:
    """One build of the site: what it is made from, and what is known of its pages so far."""

    def __init__(self) -> None:
        self.record = record.load()
        url = citations.site_url(os.environ)
        self.project = citations.of_project(ROOT / "CITATION.cff", url)
        # The version that mike builds, `""` for a site of one version.
        self.version = os.environ.get("MIKE_DOCS_VERSION", "")
        self.cited: dict[str, Citation] = {}  # by the page that says how
        self.homes: dict[str, list[str]] = defaultdict(list)  # the pages with the block of a tag
        self.urls: dict[str, str] = {}  # of each equation, in the site
        self.navigation: list[Page] = []
        self.printed: dict[str, list[str]] = defaultdict(list)  # by the programs of each page
        self.page = ""  # the one that is being made
        self.content = ""  # of the one that the search reads

    # -------------------------------------------------------------- before the pages

    @event_priority(100)  # A plugin that adds the version to the URL comes later.
    def set_url(self, config: MkDocsConfig) -> None:
        config.site_url = self.project.url

    def configure(self, config: MkDocsConfig) -> None:
        (fence,) = (
            one
            for one in config.mdx_configs["pymdownx.superfences"]["custom_fences"]
            if one["name"] == "python"
        )
        execute = fence["format"]

        def remember(*args: Any, **kwargs: Any) -> str:
            html: str = execute(*args, **kwargs)
            self.printed[self.page].append(plaintext.of_html(html))
            return html

        fence["format"] = remember
        repository.add_links(config)
        for name, url in elsewhere.urls().items():
            config.plugins["autorefs"].register_url(name, url)  # type: ignore[attr-defined]
        if book.has_pdf():
            book.browser()  # Missed now, not after a minute.
        if self.version:
            config.extra["version"] = {"provider": "mike", "default": "latest"}
            if config.site_url:  # mike has put the version at its end
                config.site_url = f"{config.site_url.rstrip('/')}/"

    def check_registry(self, config: MkDocsConfig) -> None:
        of_all = (checks.of_registry, boxes.of_registry, checks.of_history)
        _fail([complaint for check in of_all for complaint in check(self.record)])

    def add_files(self, files: Files, config: MkDocsConfig) -> None:
        self.cited = dict(self._citations(files, config.site_url or ""))
        for path, content in (*citations.downloads(self.cited), *self._generated()):
            files.append(File.generated(config, path, content=content))
        sheets = [files.src_uris[f"assets/{name}.css"] for name in _STYLESHEETS]
        style = "\n".join(sheet.content_string for sheet in sheets)
        files.append(File.generated(config, "assets/style.css", content=style))
        for sheet in sheets:
            files.remove(sheet)
        if book.has_pdf():
            # Links are checked before the pages that are printed exist.
            files.append(File.generated(config, book.PDF, content=b""))

    def _citations(self, files: Files, site: str) -> Iterator[tuple[str, Citation]]:
        """Yield the project, each page of the derivation and each equation, by their pages."""
        yield "cite.md", self.project
        for file in files.documentation_pages():
            if file.src_uri.startswith("derivation/"):
                name = Path(file.src_uri).stem.replace("index", "derivation")
                text, _ = get_data(file.content_string)
                title = text.lstrip().partition("\n")[0].removeprefix("# ")
                # The URL of this version: a plugin may have added it, and no slash.
                url = _folder(f"{site.rstrip('/')}/{file.url}") if self.project.url else ""
                yield file.src_uri, citations.of_page(name, title, url, self.project)
        for one in (*self.record.equations.values(), *self.record.withdrawn()):
            yield f"t/{one.tag}/index.md", citations.of_equation(one, self.project)

    def _generated(self) -> Iterator[tuple[str, str]]:
        """Yield the path and content of what is not written by hand: a page for each thing."""
        built = self.record
        for tag, equation in built.equations.items():
            path = f"t/{tag}/index.md"
            yield path, equations.tag_page(equation, built, self.cited[path])
        for event in built.withdrawn():
            path = f"t/{event.tag}/index.md"
            yield path, equations.retired_page(event.tag, built, self.cited[path])
        for name, tested in built.properties.items():
            yield f"p/{name}/index.md", properties.property_page(tested, built)
        for name, mistake in MISTAKES.items():
            yield f"mistakes/{name}.md", mistakes.mistake_page(mistake, built)
        yield f"schema/report-{SCHEMA}.json", _json(schema())
        yield f"schema/grade-{results.SCHEMA}.json", _json(results.schema())

    def keep_order(self, nav: Navigation, config: MkDocsConfig, files: Files) -> None:
        self.navigation = list(nav.pages)

    # -------------------------------------------------------------- each page

    @event_priority(-100)  # When the page's source is complete.
    def complete(self, markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
        """Add what is generated, and how to cite the page."""
        self.page = uri = page.file.src_uri
        cited = self.cited.get(uri)
        if page.canonical_url:
            of_tag = cited.url if cited and uri.startswith("t/") else ""
            page.canonical_url = of_tag or _folder(page.canonical_url)
        if uri in _LISTS:
            markdown += f"\n\n{_LISTS[uri](self.record)}\n"
        if cited and uri == "cite.md":
            markdown += f"\n\n{citations.cite_project(cited, self.record.equations)}\n"
        elif cited and uri.startswith("derivation/"):
            markdown += f"\n\n{citations.cite_page(cited)}\n"
        return install.filled(book.pdf_sentences(markdown))

    def register(self, html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
        """Make the anchors in the site's own HTML known to cross references; complete the HTML."""
        autorefs: Any = config.plugins["autorefs"]
        for anchor, kind, name in _ANCHORS.findall(html):
            title = name
            if kind == "eq":
                self.homes[name].append(page.file.src_uri)
                self.urls[name] = f"{page.url}#{anchor}"
                # What a search is for comes before what only mentions it.
                page.meta.setdefault("search", {"boost": 2})
                equation = self.record.equations.get(name)
                title = equation.title if equation else name
            autorefs.register_anchor(page, anchor, title=title)
        html = html.replace(explorer.ROOT, get_relative_url(".", page.url))
        return line_breaks.placed(html)

    # -------------------------------------------------------------- once all pages are known

    def list_equations(self, env: Any, config: MkDocsConfig, files: Files) -> None:
        """List the equations in objects.inv, before mkdocstrings writes it."""
        _fail(checks.of_pages(self.record, self.homes))
        inventory = config.plugins["mkdocstrings"].handlers.inventory  # type: ignore[attr-defined]
        inventory.version = self.project.version
        for tag, equation in self.record.equations.items():
            title = f"({tag}) {equation.title}"
            inventory.register(f"eq-{tag}", "std", "label", self.urls[tag], dispname=title)

    @event_priority(-100)  # When it is known where every reference leads, and who refers to whom.
    def link(self, env: Any, config: MkDocsConfig, files: Files) -> None:
        """Say where equations are used, and write a Markdown copy of each page and of all."""
        autorefs: Any = config.plugins["autorefs"]
        python = config.plugins["mkdocstrings"].get_handler("python")  # type: ignore[attr-defined]
        collect = partial(python.collect, options=python.get_options({}))
        site, copies = Path(config.site_dir), {}
        for page in (file.page for file in files.documentation_pages() if file.page):
            uri, url = page.file.src_uri, page.url

            def used_in(match: re.Match[str], url: str = url) -> str:
                backlinks = autorefs.get_backlinks(f"eq-{match[1]}", from_url=url).values()
                crumbs = {link.crumbs[-1] for links in backlinks for link in links}
                links = ", ".join(
                    f'<a href="{escape(to)}">{title}</a>'
                    for title, to in sorted((crumb.title, crumb.url) for crumb in crumbs)
                    if not _SAY_NO_MORE.match(normpath(join(dirname(url), to)))
                )
                return f"<div><dt>Used in</dt><dd>{links}</dd></div>" if links else ""

            def to_copy(name: str, url: str = url) -> str:
                to: str = autorefs.get_item_url(name, from_url=url)[0]
                return to if "://" in to else to.replace(".html", ".md")

            page.content = _USED_IN.sub(used_in, page.content or "")
            copies[uri] = plaintext.copy(
                page.markdown or "", self.printed[uri], self.record, to_copy, collect, ROOT
            )
            write_file(copies[uri].encode(), str(site / uri))
        read = [page.file.src_uri for page in self.navigation]
        whole = [plaintext.moved(copies[uri], uri, config.site_url or "") for uri in read]
        write_file("\n".join(whole).encode(), str(site / "llms-full.txt"))

    @event_priority(100)  # Before the search reads the page: it would run its letters together.
    def flatten(self, context: Any, page: Page, config: MkDocsConfig, nav: Any) -> None:
        """Let the search read formulas as lines of text."""
        self.content = page.content or ""
        page.content = formula_text.in_text(self.content)

    def restore(self, context: Any, page: Page, config: MkDocsConfig, nav: Any) -> None:
        """Give the page its formulas back, without the marks that the search alone needs."""
        page.content = _FOR_SEARCH.sub("", self.content)

    def cite(self, context: Any, page: Page, config: MkDocsConfig, nav: Any) -> None:
        """Give the head of a page what reference managers look for."""
        uri = page.file.src_uri
        if cited := self.cited.get("cite.md" if uri == "index.md" else uri):
            context["citation"] = citations.head(cited)
            context["cite_as"] = cited.url

    def bind(self, context: Any, template_name: str, config: MkDocsConfig) -> None:
        """Give the template of the book its chapters."""
        if template_name == book.URL:
            context["cited"] = self.project
            context["authors"] = "; ".join(self.project.names)
            context["plain"] = citations.plain(self.project)
            context["bibtex"] = citations.FORMATS["BibTeX"].write(self.project)
            context["chapters"] = book.chapters(self.navigation, config.site_url or "")

    def move_links(self, output: str, page: Page, config: MkDocsConfig) -> str:
        return publish.moved_links(output, page.url, self.version) if self.version else output

    # -------------------------------------------------------------- files beside the pages

    def write_files(self, config: MkDocsConfig) -> None:
        site = Path(config.site_dir)
        font.write(site)
        covers.draw_social(site / "assets" / "social.png", self.record)
        listed = data.equations(self.record, self.urls, self.project.version, self.project.url)
        (site / "equations.json").write_text(_json(listed), encoding="utf-8")
        _fail(self.record.results.failures)
        if book.has_pdf():
            cited = self.project
            cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
            about = {
                "Title": cited.title,
                "Author": "; ".join(cited.names),
                "Subject": f"Version {cited.version}, {cited.released}. {cited.url}".strip(),
                "Keywords": ", ".join(cff["keywords"]),
            }
            book.print_pdf(site / book.URL, site / book.PDF, about)


def _fail(complaints: list[str]) -> None:
    if complaints:
        raise PluginError("\n  ".join(["the site has loose ends:", *complaints]))


def _folder(url: str) -> str:
    """The URL of a page; the first page of a folder has the folder's."""
    return url.removesuffix("index.html")


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


build = Build()

on_config = CombinedEvent(build.set_url, build.configure)
on_pre_build = build.check_registry
on_files = build.add_files
on_nav = build.keep_order
on_page_markdown = build.complete
on_page_content = build.register
on_env = CombinedEvent(build.list_equations, build.link)
on_page_context = CombinedEvent(build.flatten, build.restore, build.cite)
on_template_context = build.bind
on_post_page = build.move_links
on_post_build = build.write_files
