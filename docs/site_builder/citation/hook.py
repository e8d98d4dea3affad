"""What lets this site be cited, in an MkDocs build: addresses, records, the head of pages."""

import os
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.site_builder import record
from docs.site_builder.citation import citations
from docs.site_builder.citation.address import address
from docs.site_builder.citation.citations import Citation
from docs.site_builder.pages import citepage

# What this build cites, by the page that says how.
_cited: dict[str, Citation] = {}


def project(config: MkDocsConfig) -> Citation:
    """Return the citation of the project, whose address is the same for all versions."""
    path = Path(config.config_file_path or ".").with_name("CITATION.cff")
    return citations.of_project(path, address(os.environ))


@event_priority(100)  # A plugin that adds the version to the address comes later.
def on_config(config: MkDocsConfig) -> None:
    config.site_url = address(os.environ)


def on_files(files: Files, config: MkDocsConfig) -> None:
    _cited.clear()
    _cited.update(_citations(files, config))
    for place, content in citepage.downloads(_cited):
        files.append(File.generated(config, place, content=content))


def _citations(files: Files, config: MkDocsConfig) -> dict[str, Citation]:
    """The project, each page of the derivation, each equation."""
    whole = project(config)
    pages = [one for one in files.documentation_pages() if one.src_uri.startswith("derivation/")]
    equations = [*record.load().equations.values(), *record.load().withdrawn()]
    return {
        "cite.md": whole,
        **{page.src_uri: _of_page(page, whole, config) for page in pages},
        **{f"t/{one.tag}/index.md": citations.of_equation(one, whole) for one in equations},
    }


def _of_page(file: File, whole: Citation, config: MkDocsConfig) -> Citation:
    name = Path(file.src_uri).stem.replace("index", "derivation")
    title = file.content_string.partition("\n")[0].removeprefix("# ")
    # The address of this version: a plugin may have added it, and no slash.
    site = f"{(config.site_url or '').rstrip('/')}/"
    return citations.of_page(name, title, _folder(site + file.url) if whole.address else "", whole)


def _folder(url: str) -> str:
    """The address of a page; the first page of a folder has the folder's."""
    return url.removesuffix("index.html")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    uri = page.file.src_uri
    cited = _cited.get(uri)
    if page.canonical_url:
        of_tag = cited.address if cited and uri.startswith("t/") else ""
        page.canonical_url = of_tag or _folder(page.canonical_url)
    if cited and uri == "cite.md":
        return f"{markdown}\n\n{citepage.cite_project(cited, record.load().equations)}\n"
    if cited and uri.startswith("derivation/"):
        return f"{markdown}\n\n{citepage.cite_page(cited)}\n"
    return markdown


def on_page_context(context: Any, page: Page, config: MkDocsConfig, nav: Any) -> None:
    """Give the head of a page what reference managers look for."""
    uri = page.file.src_uri
    if cited := _cited.get("cite.md" if uri == "index.md" else uri):
        context["citation"] = citations.head(cited)
        context["cite_as"] = cited.address
