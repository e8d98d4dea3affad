"""How to cite the project, and each of its equations: BibTeX, RIS, CSL-JSON, plain text.

Everything comes from CITATION.cff and the registry. Without an address of the site no
citation carries one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from affine.equations import Equation

__all__ = ["FORMATS", "Citation", "highwire", "of_equation", "of_page", "of_project", "plain"]


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
    """Cite one equation by its tag, as a part of the project."""
    return replace(
        project,
        key=f"{project.key}-{equation.tag}",
        title=f"{equation.title}, equation ({equation.tag})",
        within=project.title,
        address=f"{project.address.rstrip('/')}/t/{equation.tag}/" if project.address else "",
    )


def of_page(title: str, project: Citation, address: str) -> Citation:
    """Cite one page of the site, as a part of the project."""
    return replace(project, title=title, within=project.title, address=address)


def _author(author: Mapping[str, str]) -> str:
    """An author as `Family, Given`, or the name of a group."""
    if "name" in author:
        return author["name"]
    return ", ".join(author[part] for part in ("family-names", "given-names") if part in author)


# ------------------------------------------------------------------ the formats


def plain(cited: Citation) -> str:
    authors = "; ".join(map(_author, cited.authors))
    sentences = [
        f"{authors} ({cited.released.year})",
        cited.title,
        f"In: {cited.within}" if cited.within else "",
        f"Version {cited.version}",
    ]
    return " ".join([*(f"{one}." for one in sentences if one), cited.address]).strip()


def bibtex(cited: Citation) -> str:
    authors = [f"{{{_author(a)}}}" if "name" in a else _author(a) for a in cited.authors]
    fields = {
        "author": " and ".join(authors),
        "title": f"{{{cited.title}}}",
        "howpublished": cited.within,
        "note": f"Version {cited.version}",
        "year": str(cited.released.year),
        "month": str(cited.released.month),
        "url": cited.address,
    }
    lines = [f"  {name:12} = {{{_escape(name, v)}}}," for name, v in fields.items() if v]
    return "\n".join([f"@misc{{{cited.key},", *lines, "}"])


def _escape(field: str, value: str) -> str:
    if field == "url":
        return value
    return "".join(f"\\{sign}" if sign in "&%$#_" else sign for sign in value)


def ris(cited: Citation) -> str:
    fields = [
        ("TY", "ELEC" if cited.within else "COMP"),
        ("ID", cited.key),
        *(("AU", _author(author)) for author in cited.authors),
        ("TI", cited.title),
        ("T2", cited.within),
        ("ET", cited.version),
        ("PY", str(cited.released.year)),
        ("DA", cited.released.strftime("%Y/%m/%d")),
        ("UR", cited.address),
    ]
    return "\n".join([*(f"{tag}  - {value}" for tag, value in fields if value), "ER  - "])


def csl_json(cited: Citation) -> str:
    released = cited.released
    item: dict[str, Any] = {
        "id": cited.key,
        "type": "entry" if cited.within else "software",
        "title": cited.title,
        "container-title": cited.within,
        "author": [_csl_author(author) for author in cited.authors],
        "version": cited.version,
        "issued": {"date-parts": [[released.year, released.month, released.day]]},
        "URL": cited.address,
    }
    fields = (
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in item.items()
        if value
    )
    return "[{\n" + ",\n".join(fields) + "\n}]"


def _csl_author(author: Mapping[str, str]) -> dict[str, str]:
    if "name" in author:
        return {"literal": author["name"]}
    parts = {"family": "family-names", "given": "given-names"}
    return {csl: author[cff] for csl, cff in parts.items() if cff in author}


FORMATS = {"BibTeX": bibtex, "RIS": ris, "CSL-JSON": csl_json}


def highwire(cited: Citation) -> list[tuple[str, str]]:
    """Return the `citation_*` tags that reference managers read in a page's head."""
    tags = [
        ("citation_title", cited.title),
        *(("citation_author", _author(author)) for author in cited.authors),
        ("citation_publication_date", cited.released.strftime("%Y/%m/%d")),
        ("citation_language", "en"),
        ("citation_public_url", cited.address),
    ]
    return [(name, content) for name, content in tags if content]
