"""Citations of the project, its pages and its equations: BibTeX, RIS, CSL-JSON, a sentence.

Everything comes from CITATION.cff and the registry. Without a URL of the site no citation carries
one.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml
from mkdocs.exceptions import ConfigurationError

from affine.equations import Equation, Event

TEXT_LICENCE, CODE_LICENCE = "CC-BY-4.0", "MIT"  # as SPDX names them


@dataclass(frozen=True)
class Citation:
    """One citable thing; `within` is the work that it is a part of, `""` for the work itself."""

    key: str
    title: str
    authors: tuple[Mapping[str, str], ...]
    version: str
    released: date
    within: str = ""
    url: str = ""

    @property
    def licence(self) -> str:
        """What text and figures may be used under; of the project, the licence of its code too."""
        return TEXT_LICENCE if self.within else f"{CODE_LICENCE} (code), {TEXT_LICENCE} (text)"

    @property
    def edition(self) -> str:
        """The version as it stands in the record of a part, which has none of its own."""
        return f"Version {self.version}"

    @property
    def names(self) -> list[str]:
        """Each author as `Family, Given`, or the name of a group."""
        parts = ("name", "family-names", "given-names")
        return [", ".join(one[part] for part in parts if part in one) for one in self.authors]


def of_project(path: Path, site: str) -> Citation:
    """Read the project's own citation from its CITATION.cff."""
    cff = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Citation(
        key="affine",
        title=cff["title"],
        authors=tuple(cff["authors"]),
        version=str(cff["version"]),
        released=date.fromisoformat(str(cff["date-released"])),
        url=site,
    )


def of_equation(equation: Equation | Event, project: Citation) -> Citation:
    """Cite one equation by its tag, which has the same URL in every version."""
    tag = equation.tag
    url = f"{project.url}t/{tag}/" if project.url else ""
    return of_page(tag, f"{equation.title}, equation ({tag})", url, project)


def of_page(name: str, title: str, url: str, project: Citation) -> Citation:
    key = f"{project.key}-{name}"
    return replace(project, key=key, title=title, within=project.title, url=url)


def plain(cited: Citation) -> str:
    """Return the citation as a sentence."""
    released = cited.released
    sentences = [
        f"{'; '.join(cited.names)} ({released.year})",
        cited.title,
        f"In: {cited.within}" if cited.within else "",
        f"Version {cited.version}, {released.day} {released:%B %Y}",
    ]
    return " ".join([*(f"{one}." for one in sentences if one), cited.url]).strip()


# ------------------------------------------------------------------ formats

# BibTeX counts braces even behind a backslash: they are named.
_TEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_"}
    | {
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
    }
)


def _bibtex(cited: Citation) -> str:
    """Return an entry for BibTeX, with the full date for biblatex."""
    # In braces of its own, a title keeps its capitals, and the name of a group its order.
    names = (
        f"{{{name.translate(_TEX)}}}" if "name" in author else name.translate(_TEX)
        for author, name in zip(cited.authors, cited.names, strict=True)
    )
    fields = {
        "author": " and ".join(names),
        "title": f"{{{cited.title.translate(_TEX)}}}",
        "howpublished": cited.within.translate(_TEX),
        "note": cited.edition,
        "year": str(cited.released.year),
        "month": f"{cited.released:%b}".lower(),
        "date": str(cited.released),
        "license": cited.licence,
        "url": cited.url,
    }
    lines = [
        f"  {name:12} = {value if name == 'month' else f'{{{value}}}'},"
        for name, value in fields.items()
        if value
    ]
    return "\n".join([f"@misc{{{cited.key},", *lines, "}"])


def _ris(cited: Citation) -> str:
    """Return a record in RIS; a part is a chapter, which names its work and the edition."""
    fields = [
        ("TY", "CHAP" if cited.within else "COMP"),
        ("ID", cited.key),
        *(("AU", author) for author in cited.names),
        ("TI", cited.title),
        ("T2", cited.within),
        ("ET", cited.edition if cited.within else cited.version),
        ("PY", str(cited.released.year)),
        ("DA", cited.released.strftime("%Y/%m/%d")),
        ("UR", cited.url),
    ]
    return "\n".join([*(f"{tag}  - {value}" for tag, value in fields if value), "ER  - "])


_CSL_NAMES = {"literal": "name", "family": "family-names", "given": "given-names"}


def _csl(cited: Citation) -> dict[str, Any]:
    """Return an item in CSL-JSON, which citation styles turn into text."""
    item: dict[str, Any] = {
        "id": cited.key,
        "type": "chapter" if cited.within else "software",
        "title": cited.title,
        "container-title": cited.within,
        "author": [
            {csl: author[cff] for csl, cff in _CSL_NAMES.items() if cff in author}
            for author in cited.authors
        ],
        # Styles print the version of software, and the edition of what a part is in.
        "version": "" if cited.within else cited.version,
        "edition": cited.edition if cited.within else "",
        "issued": {"date-parts": [list(cited.released.timetuple()[:3])]},
        "URL": cited.url,
    }
    return {name: value for name, value in item.items() if value}


class Format(NamedTuple):
    """A format of reference managers: the extension of its files, one record, a list of them."""

    extension: str
    record: Callable[[Citation], Any]
    join: Callable[[list[Any]], str]

    def write(self, *cited: Citation) -> str:
        return self.join([self.record(one) for one in cited])


FORMATS = {
    "BibTeX": Format("bib", _bibtex, "\n\n".join),
    "RIS": Format("ris", _ris, "\n\n".join),
    "CSL-JSON": Format("json", _csl, partial(json.dumps, indent=2, ensure_ascii=False)),
}


# ------------------------------------------------------------------ the head of a page


def head(cited: Citation) -> list[tuple[str, str]]:
    """Return the names and contents of the tags that reference managers read in a page's head.

    Zotero takes a page that has a title alone for an article in a journal. Given the book, or the
    type in its own words, it makes a part or a program, each with an edition for the version.
    """
    tags = [
        ("citation_title", cited.title),
        *(("citation_author", author) for author in cited.names),
        ("citation_publication_date", cited.released.strftime("%Y/%m/%d")),
        ("citation_language", "en"),
        ("citation_book_title", cited.within),
        ("citation_public_url", cited.url),
        ("z:itemType", "bookSection" if cited.within else "computerProgram"),
        ("bibo:edition", cited.edition if cited.within else cited.version),
        ("DC.rights", cited.licence),
    ]
    return [(name, content) for name, content in tags if content]


# ------------------------------------------------------------------ what a page says


def formats(cited: Citation, folder: str = "") -> str:
    """Return the citation as a sentence and in each format, with its files in a folder."""
    records = _copied("sentence", plain(cited))
    for name, form in FORMATS.items():
        link = _download(f"{folder}{cited.key}.{form.extension}")
        records += _copied(name, form.write(cited), link)
    lasts = "<p>This build is a preview. It has no public address, so its records carry none.</p>"
    if cited.url:
        lasts = f'<p>The address to cite is <a href="{cited.url}">{cited.url}</a>.</p>'
    return f'<div class="cite no-copy" data-search-exclude="true">{records}{lasts}</div>'


def _copied(name: str, text: str, link: str = "") -> str:
    return (
        f'<p><button type="button" class="cite-copy">Copy {name}</button> {link}</p>'
        f"<pre>{escape(text, quote=False)}</pre>"
    )


def _download(url: str) -> str:
    return f'<a href="{url}" download>{url.rpartition("/")[2]}</a>'


def cite_page(cited: Citation) -> str:
    """Return the folded end of a page: how to cite it."""
    folded = f"<summary>Cite this page</summary>{formats(cited)}"
    return f'<details class="cite-page" data-search-exclude="true">{folded}</details>'


def cite_project(cited: Citation, tags: Iterable[str]) -> str:
    """Return how to cite the project, the file of all records, and the page of every tag."""
    pages = " · ".join(f"[{tag}][tag-{tag}]" for tag in tags)
    every = ", ".join(_download(f"cite/all.{form.extension}") for form in FORMATS.values())
    return (
        f"## The record of the project\n\n{formats(cited, 'cite/')}\n\n"
        "## All records in one file\n\n"
        "The project, the pages of the derivation and the equations, for a bibliography: "
        f"{every}.\n\n"
        f"## The page of each equation\n\n{pages}"
    )


def downloads(cited: Mapping[str, Citation]) -> Iterator[tuple[str, str]]:
    """Yield the path and content of each file, given what is cited by the page it is on."""
    for form in FORMATS.values():
        for page, one in cited.items():
            folder = "cite/" if page == "cite.md" else page.rpartition("/")[0] + "/"
            yield f"{folder}{one.key}.{form.extension}", form.write(one) + "\n"
        yield f"cite/all.{form.extension}", form.write(*cited.values()) + "\n"


# ------------------------------------------------------------------ where the site is published


def site_url(environ: Mapping[str, str]) -> str:
    """Return the site's URL, which ends in a slash, or `""` for a preview.

    AFFINE_SITE_URL says it. Where that is unset, the variables of the hosting service do, if it
    builds what it publishes: the preview of a branch or a pull request has a URL too, but
    not one to cite. Cloudflare Pages names only the URL of the single deployment, GitHub
    Pages none, so there AFFINE_SITE_URL has to be set.
    """
    get = environ.get
    branch, url = get("CI_COMMIT_BRANCH"), ""
    if "AFFINE_SITE_URL" in environ:
        url = environ["AFFINE_SITE_URL"]
    # Under other names, Read the Docs publishes one branch, tag or pull request.
    elif get("READTHEDOCS") and get("READTHEDOCS_VERSION") in ("latest", "stable"):
        url = get("READTHEDOCS_CANONICAL_URL", "")
    elif get("GITLAB_CI") and (
        get("CI_COMMIT_TAG") or (branch and branch == get("CI_DEFAULT_BRANCH"))
    ):
        url = get("CI_PAGES_URL", "")
    elif get("NETLIFY") and get("CONTEXT") == "production":
        url = get("URL", "")
    elif get("VERCEL_ENV") == "production" and (host := get("VERCEL_PROJECT_PRODUCTION_URL")):
        url = f"https://{host}"
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise ConfigurationError(
            f"the site's URL is {url!r}: set AFFINE_SITE_URL to one like "
            "https://example.org/affine/"
        )
    return f"{url.rstrip('/')}/" if url else ""
