"""What this site adds to an MkDocs build for other readers: the book, the PDF, plain text."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import write_file

from docs.site_builder import record
from docs.site_builder.citation import citations
from docs.site_builder.citation.hook import project
from docs.site_builder.exports import book, pdf, plaintext

# What the programs of each page showed in this build, and the page that is being made.
_shown: dict[str, list[str]] = defaultdict(list)
_page = [""]

_in_order: list[Page] = []


def on_config(config: MkDocsConfig) -> None:
    _shown.clear()
    for fence in config.mdx_configs["pymdownx.superfences"]["custom_fences"]:
        if fence["name"] == "python":
            fence["format"] = _remembering(fence["format"])
    if pdf.wanted():
        pdf.browser()  # Missed now, not after a minute.


def _remembering(execute: Callable[..., str]) -> Callable[..., str]:
    def remembering(*args: Any, **kwargs: Any) -> str:
        html = execute(*args, **kwargs)
        _shown[_page[0]].append(plaintext.of_html(html))
        return html

    return remembering


def on_files(files: Files, config: MkDocsConfig) -> None:
    if pdf.wanted():
        # Links are checked before the pages that are printed exist.
        files.append(File.generated(config, pdf.NAME, content=b""))


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
    _in_order[:] = nav.pages


@event_priority(-100)  # When the page's source is complete.
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    _page[0] = page.file.src_uri
    return pdf.sentences(markdown)


# ------------------------------------------------------------------ plain text


@event_priority(-100)  # When it is known where every reference leads.
def on_env(env: Any, config: MkDocsConfig, files: Files) -> None:
    """Write a Markdown copy beside each page, and all of the navigation in one file."""
    copies = {
        file.src_uri: _copy(file.page, config) for file in files.documentation_pages() if file.page
    }
    site = Path(config.site_dir)
    for name, text in copies.items():
        write_file(text.encode(), str(site / name))
    read = [page.file.src_uri for page in _in_order]
    whole = [plaintext.moved(copies[name], name, config.site_url or "") for name in read]
    write_file("\n".join(whole).encode(), str(site / "llms-full.txt"))


def _copy(page: Page, config: MkDocsConfig) -> str:
    autorefs: Any = config.plugins["autorefs"]

    def link(name: str) -> str:
        address: str = autorefs.get_item_url(name, from_url=page.url)[0]
        return address.replace(".html", ".md")

    shown, root = _shown[page.file.src_uri], Path(config.config_file_path or ".").parent
    return plaintext.copy(page.markdown or "", shown, record.load(), link, root)


# ------------------------------------------------------------------ the book


def on_template_context(context: Any, template_name: str, config: MkDocsConfig) -> None:
    if template_name != book.ADDRESS:
        return
    cited = project(config)
    context["cited"] = cited
    context["authors"] = _authors(cited)
    context["plain"] = citations.plain(cited)
    context["bibtex"] = citations.FORMATS["BibTeX"].write(cited)
    context["chapters"] = book.chapters(_in_order, config.site_url or "")


def on_post_build(config: MkDocsConfig) -> None:
    site = Path(config.site_dir)
    if pdf.wanted():
        pdf.write(site / book.ADDRESS, site / pdf.NAME, _data(config))


def _data(config: MkDocsConfig) -> dict[str, str]:
    """What the PDF says about itself."""
    cited = project(config)
    path = Path(config.config_file_path or ".").with_name("CITATION.cff")
    words = yaml.safe_load(path.read_text(encoding="utf-8"))["keywords"]
    return {
        "Title": cited.title,
        "Author": _authors(cited),
        "Subject": f"Version {cited.version}, {cited.released}. {cited.address}".strip(),
        "Keywords": ", ".join(words),
    }


def _authors(cited: citations.Citation) -> str:
    return "; ".join(value for name, value in citations.head(cited) if name == "citation_author")
