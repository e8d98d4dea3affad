"""Citations of the project, its pages and its equations: BibTeX, RIS, CSL-JSON, a sentence.

Everything comes from CITATION.cff and the registry. Without an address of the site no
citation carries one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from affine.equations import Equation

__all__ = ["FORMATS", "Citation", "head", "of_equation", "of_page", "of_project", "plain"]


@dataclass(frozen=True)
class Citation:
    """One citable thing; `within` is the work that it is a part of, `""` for the work itself."""

    key: str
    title: str
    authors: tuple[Mapping[str, str], ...]
    version: str
    released: date
    within: str = ""
    address: str = ""

    @property
    def edition(self) -> str:
        """The version as it is said of a part, which has none of its own."""
        return f"Version {self.version}"


def of_project(path: Path, site: str) -> Citation:
    """Read the project's own citation from its CITATION.cff."""
    cff = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Citation(
        key="affine",
        title=cff["title"],
        authors=tuple(cff["authors"]),
        version=str(cff["version"]),
        released=date.fromisoformat(str(cff["date-released"])),
        address=site,
    )


def of_equation(equation: Equation, project: Citation) -> Citation:
    """Cite one equation by its tag, which has the same address in every version."""
    return replace(
        project,
        key=f"{project.key}-{equation.tag}",
        title=f"{equation.title}, equation ({equation.tag})",
        within=project.title,
        address=f"{project.address}t/{equation.tag}/" if project.address else "",
    )


def of_page(name: str, title: str, address: str, project: Citation) -> Citation:
    """Cite one page of the site, as a part of the project."""
    key = f"{project.key}-{name}"
    return replace(project, key=key, title=title, within=project.title, address=address)


def _author(author: Mapping[str, str]) -> str:
    """An author as `Family, Given`, or the name of a group."""
    if "name" in author:
        return author["name"]
    return ", ".join(author[part] for part in ("family-names", "given-names") if part in author)


def plain(cited: Citation) -> str:
    """Return the citation as a sentence."""
    released = cited.released
    sentences = [
        f"{'; '.join(map(_author, cited.authors))} ({released.year})",
        cited.title,
        f"In: {cited.within}" if cited.within else "",
        f"Version {cited.version}, {released.day} {released:%B %Y}",
    ]
    return " ".join([*(f"{one}." for one in sentences if one), cited.address]).strip()


# ------------------------------------------------------------------ BibTeX

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


def bibtex(*cited: Citation) -> str:
    """Return entries for BibTeX, with the full date for biblatex."""
    return "\n\n".join(map(_bibtex_entry, cited))


def _bibtex_entry(cited: Citation) -> str:
    fields = {
        "author": f"{{{' and '.join(map(_bibtex_author, cited.authors))}}}",
        # In braces of its own, a title keeps its capitals.
        "title": f"{{{{{cited.title.translate(_TEX)}}}}}",
        "howpublished": f"{{{cited.within.translate(_TEX)}}}" if cited.within else "",
        "note": f"{{{cited.edition}}}",
        "year": f"{{{cited.released.year}}}",
        "month": f"{cited.released:%b}".lower(),
        "date": f"{{{cited.released}}}",
        "url": f"{{{cited.address}}}" if cited.address else "",
    }
    lines = [f"  {name:12} = {value}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{cited.key},", *lines, "}"])


def _bibtex_author(author: Mapping[str, str]) -> str:
    name = _author(author).translate(_TEX)
    return f"{{{name}}}" if "name" in author else name


# ------------------------------------------------------------------ RIS


def ris(*cited: Citation) -> str:
    """Return records in RIS; a part is a chapter, which names its work and the edition."""
    return "\n\n".join(map(_ris_record, cited))


def _ris_record(cited: Citation) -> str:
    fields = [
        ("TY", "CHAP" if cited.within else "COMP"),
        ("ID", cited.key),
        *(("AU", _author(author)) for author in cited.authors),
        ("TI", cited.title),
        ("T2", cited.within),
        ("ET", cited.edition if cited.within else cited.version),
        ("PY", str(cited.released.year)),
        ("DA", cited.released.strftime("%Y/%m/%d")),
        ("UR", cited.address),
    ]
    return "\n".join([*(f"{tag}  - {value}" for tag, value in fields if value), "ER  - "])


# ------------------------------------------------------------------ CSL-JSON


def csl_json(*cited: Citation) -> str:
    """Return items in CSL-JSON, which citation styles turn into text."""
    return json.dumps([_csl_item(one) for one in cited], indent=2, ensure_ascii=False)


def _csl_item(cited: Citation) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": cited.key,
        "type": "chapter" if cited.within else "software",
        "title": cited.title,
        "container-title": cited.within,
        "author": [_csl_author(author) for author in cited.authors],
        # Styles print the version of software, and the edition of what a part is in.
        "version": "" if cited.within else cited.version,
        "edition": cited.edition if cited.within else "",
        "issued": {"date-parts": [list(cited.released.timetuple()[:3])]},
        "URL": cited.address,
    }
    return {name: value for name, value in item.items() if value}


def _csl_author(author: Mapping[str, str]) -> dict[str, str]:
    if "name" in author:
        return {"literal": author["name"]}
    parts = {"family": "family-names", "given": "given-names"}
    return {csl: author[cff] for csl, cff in parts.items() if cff in author}


class Format(NamedTuple):
    """A format of reference managers: the ending of its files, and what writes it."""

    ending: str
    write: Callable[..., str]


FORMATS = {
    "BibTeX": Format("bib", bibtex),
    "RIS": Format("ris", ris),
    "CSL-JSON": Format("json", csl_json),
}


# ------------------------------------------------------------------ the head of a page


def head(cited: Citation) -> list[tuple[str, str]]:
    """Return the names and contents of the tags that reference managers read in a page's head.

    Zotero takes a page that has a title alone for an article in a journal. Told the book, or the
    type in its own words, it makes a part or a program, each with an edition to hold the version.
    """
    tags = [
        ("citation_title", cited.title),
        *(("citation_author", _author(author)) for author in cited.authors),
        ("citation_publication_date", cited.released.strftime("%Y/%m/%d")),
        ("citation_language", "en"),
        ("citation_book_title", cited.within),
        ("citation_public_url", cited.address),
        ("z:itemType", "bookSection" if cited.within else "computerProgram"),
        ("bibo:edition", cited.edition if cited.within else cited.version),
    ]
    return [(name, content) for name, content in tags if content]
