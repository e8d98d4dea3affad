"""The page of one tag: the permanent address of an equation, and how to cite it."""

from collections.abc import Iterable

from affine.equations import Equation
from docs.machinery import symbols
from docs.machinery.citations import FORMATS, Citation, plain
from docs.machinery.names import typeset

__all__ = ["cite_project", "tag_page"]

_LEXERS = {"BibTeX": "bibtex", "CSL-JSON": "json"}


def tag_page(equation: Equation, cited: Citation) -> str:
    """Return the page as Markdown."""
    boxes = f"[[boxes of: {equation.tag}]]\n\n" if equation.boxes else ""
    assumes = "".join(f"- {typeset(one)}\n" for one in equation.assumes)
    return (
        f"---\nsearch:\n  exclude: true\nhide:\n  - toc\n---\n\n"
        f"# {equation.title} {{#tag-{equation.tag}}}\n\n"
        f"Equation [({equation.tag})][eq-{equation.tag}]"
        f", number {equation.number}: {equation.spoken}.\n\n"
        f"\\[\n{equation.tex}\n\\]\n\n{boxes}"
        f'<p class="equation-shapes">{symbols.shape_list(equation.symbols)}</p>\n\n'
        f"{assumes and 'It holds when' + chr(10) * 2 + assumes + chr(10)}"
        f"It is derived, with what computes and tests it, at its home: "
        f"[{equation.title}][eq-{equation.tag}].\n\n"
        f"## Cite this equation\n\n{formats(cited)}\n\n{_address(cited)}\n"
    )


def formats(cited: Citation) -> str:
    """Return the citation as a sentence, and in each format of reference managers."""
    blocks = (
        f"**{name}**\n\n```{_LEXERS.get(name, 'text')}\n{write(cited)}\n```"
        for name, write in FORMATS.items()
    )
    return "\n\n".join([f"> {plain(cited)}", *blocks])


def _address(cited: Citation) -> str:
    if cited.address:
        return f"The address <{cited.address}> is permanent: a tag is never renamed or reused."
    return (
        "This is a preview build: it has no public address yet, so the citation has none either. "
        "The tag is permanent: it is never renamed or reused."
    )


def cite_project(cited: Citation, tags: Iterable[str]) -> str:
    """Return how to cite the project, and links to the page of every tag."""
    pages = " · ".join(f"[{tag}][tag-{tag}]" for tag in tags)
    return f"{formats(cited)}\n\n## The page of each equation\n\n{pages}"
