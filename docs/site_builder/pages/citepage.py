"""What pages say about citing them: a sentence, and records to copy or to download."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from docs.site_builder.citation.citations import FORMATS, Citation, plain

__all__ = ["cite_page", "cite_project", "downloads", "formats"]


def formats(cited: Citation, folder: str = "") -> str:
    """Return the citation as a sentence, and in each format of reference managers.

    Args:
        cited: What is cited.
        folder: Where its files are, seen from the page; beside it for `""`.
    """
    records = (
        _record(name, form.write(cited), _download(f"{folder}{cited.key}.{form.ending}"))
        for name, form in FORMATS.items()
    )
    shown = "".join([_record("sentence", plain(cited)), *records, _lasts(cited)])
    return f'<div class="cite no-copy" data-search-exclude="true">{shown}</div>'


def _record(name: str, text: str, link: str = "") -> str:
    return (
        f'<p><button type="button" class="cite-copy">Copy {name}</button> {link}</p>'
        f"<pre>{escape(text, quote=False)}</pre>"
    )


def _download(address: str) -> str:
    return f'<a href="{address}" download>{address.rpartition("/")[2]}</a>'


def _lasts(cited: Citation) -> str:
    if cited.address:
        return f'<p>The address to cite is <a href="{cited.address}">{cited.address}</a>.</p>'
    return "<p>This build is a preview. It has no public address, so its records carry none.</p>"


def cite_page(cited: Citation) -> str:
    """Return the folded end of a page: how to cite it."""
    folded = f"<summary>Cite this page</summary>{formats(cited)}"
    return f'<details class="cite-page" data-search-exclude="true">{folded}</details>'


def cite_project(cited: Citation, tags: Iterable[str]) -> str:
    """Return how to cite the project, the file of all records, and the page of every tag."""
    pages = " · ".join(f"[{tag}][tag-{tag}]" for tag in tags)
    every = ", ".join(_download(f"cite/all.{form.ending}") for form in FORMATS.values())
    return (
        f"{formats(cited, 'cite/')}\n\n"
        "## All records in one file\n\n"
        "The project, the pages of the derivation and the equations, for a bibliography: "
        f"{every}.\n\n"
        f"## The page of each equation\n\n{pages}"
    )


def downloads(cited: Mapping[str, Citation]) -> Iterator[tuple[str, str]]:
    """Yield the address and content of each file, given what is cited by the page it is on."""
    for page, one in cited.items():
        folder = "cite/" if page == "cite.md" else page.rpartition("/")[0] + "/"
        for form in FORMATS.values():
            yield f"{folder}{one.key}.{form.ending}", form.write(one) + "\n"
    for form in FORMATS.values():
        yield f"cite/all.{form.ending}", form.write(*cited.values()) + "\n"
