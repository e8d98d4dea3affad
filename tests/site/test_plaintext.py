"""The Markdown copies of the pages, and what lists them."""

import os
import re
from pathlib import Path
from urllib.parse import urldefrag

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from affine.equations import EQUATIONS
from docs.site_builder import record
from docs.site_builder.citation.citations import site_url
from docs.site_builder.exports import plaintext

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site"

CODE = re.compile(r"^( *)(`{3,})[^\n`]*\n.*?^\1\2 *$|`[^`]+`", re.MULTILINE | re.DOTALL)
MATHEMATICS = re.compile(r"\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
RAW = re.compile(
    r"\[\[[a-z]|\]\[\w|</?[a-z][\w-]*[ >/]|\{[:#]|\{ data-|--8<--|^(?:!!!|\?\?\?|:::) |\\[()\[\]]",
    re.MULTILINE,
)
LINK = re.compile(r"\]\(([^()\s]+)\)")


@pytest.fixture(scope="module")
def copies() -> dict[str, str]:
    """The text of each copy, by its path in the site."""
    if not (SITE / "index.html").exists():
        pytest.skip("the site is not built: make site-build")
    return {
        path.relative_to(SITE).as_posix(): path.read_text(encoding="utf-8")
        for path in SITE.rglob("*.md")
    }


def prose(text: str) -> str:
    return MATHEMATICS.sub("", CODE.sub("", text))


def listed(name: str) -> list[str]:
    links = LINK.findall(prose((SITE / name).read_text(encoding="utf-8")))
    return [link.removeprefix(site_url(os.environ)) for link in links]


def test_every_page_has_a_copy(copies: dict[str, str]) -> None:
    pages = {path.relative_to(SITE) for path in SITE.rglob("*.html")}
    pages -= {Path("404.html"), Path("derivation/book.html")}
    assert {page.with_suffix(".md").as_posix() for page in pages} == copies.keys()


def test_nothing_is_left_that_only_this_site_reads(copies: dict[str, str]) -> None:
    left = {
        f"{name}: {found[0]!r} in {text[max(found.start() - 40, 0) : found.end() + 40]!r}"
        for name, text in ((name, prose(text)) for name, text in copies.items())
        for found in RAW.finditer(text)
    }
    assert not left, "\n".join(sorted(left))


def test_every_link_of_a_copy_leads_to_a_file(copies: dict[str, str]) -> None:
    dead = {
        f"{name}: {link}"
        for name, text in copies.items()
        for link in LINK.findall(prose(text))
        if "://" not in link and not (SITE / name).parent.joinpath(urldefrag(link)[0]).exists()
    }
    assert not dead, "\n".join(sorted(dead))


def test_no_copy_holds_an_entity(copies: dict[str, str]) -> None:
    entity = re.compile(r"&(?:#\d+|[a-z]+);")
    assert [name for name, text in copies.items() if entity.search(text)] == []


@pytest.mark.parametrize("tag", EQUATIONS)
def test_an_equation_is_in_the_copies_with_what_its_block_says(
    tag: str, copies: dict[str, str]
) -> None:
    equation = EQUATIONS[tag]
    title = f"**Equation {equation.number} ({tag}): {equation.title}**"
    (home,) = (text for text in copies.values() if title in text)
    assert home.startswith(f"\n\n\\[\n{equation.tex}\n\\]", home.index(title) + len(title))
    assert f"- In words: {equation.spoken}." in home
    assert equation.tex in copies[f"t/{tag}/index.md"]


def test_the_file_with_everything_follows_the_order_of_the_registry(
    copies: dict[str, str],
) -> None:
    text = (SITE / "llms-full.txt").read_text(encoding="utf-8")
    places = [text.index(f"**Equation {one.number} ({one.tag})") for one in EQUATIONS.values()]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["llms.txt", "llms-full.txt"])
def test_every_link_of_a_list_leads_to_a_file(name: str, copies: dict[str, str]) -> None:
    links = [link for link in listed(name) if "://" not in link]
    assert links
    assert [link for link in links if not (SITE / urldefrag(link)[0]).exists()] == []


def test_the_list_keeps_to_its_convention(copies: dict[str, str]) -> None:
    title, empty, summary, *rest = (SITE / "llms.txt").read_text(encoding="utf-8").splitlines()
    assert (title[:2], empty, summary[:2]) == ("# ", "", "> ")
    assert [line[:3] for line in rest if line.startswith("#")] == ["## "] * 6
    assert {"index.md", "derivation/index.md", "reference/api.md"} <= set(listed("llms.txt"))


# ------------------------------------------------------------------ without a site


def copy(markdown: str, *printed: str) -> str:
    return plaintext.copy(
        markdown, printed, record.load(), lambda name: f"to-{name}.md", {}.__getitem__, ROOT
    )


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("see [(dw)][eq-dw]", "see [(dw)](to-eq-dw.md)"),
        ("[`f`][affine.f] and [`g`][]", "[`f`](to-affine.f.md) and [`g`](to-g.md)"),
        (r"\( A[1][2] \) and `[a][b]`", r"\( A[1][2] \) and `[a][b]`"),
        ("```text\n[[boxes of: dw]] [a][b]\n```", "```text\n[[boxes of: dw]] [a][b]\n```"),
        ("[[boxes: X[N,D] + X[N,D]]]", "Shapes: `X[N,D] + X[N,D]`"),
        ('!!! note "Title"\n\n    One.\n\nTwo.', "**Title**\n\nOne.\n\nTwo."),
        ("## Title {#its-id}", "## Title"),
        ('<p class="a" markdown="1">a < b</p>', "a < b"),
        ("<p><code>a &gt; b</code> &amp; c</p>", "a > b & c"),
        ("<math><msub><mi>X</mi><mrow><mi>i</mi></mrow></msub></math>", "X_i"),
        ("<math><msup><mi>X</mi><mi>⊤</mi></msup></math>", "Xᵀ"),
        ("<pre>a &lt; [b][c]</pre>", "```text\na < [b][c]\n```"),
    ],
)
def test_a_piece_of_a_page_is_written_out(markdown: str, expected: str) -> None:
    assert copy(markdown) == expected + "\n"


def test_a_program_stands_with_what_it_printed() -> None:
    fence = '```python exec="1" source="above" result="text"\nprint("<a>")\n```'
    html = "<pre><code>print(&quot;&lt;a&gt;&quot;)</code></pre><pre><code>&lt;a&gt;</code></pre>"
    shown = plaintext.of_html(html)
    expected = '```python\nprint("<a>")\n```\n\n\n\n```text\n<a>\n```\n'
    assert copy(fence, shown) == expected


def test_a_table_that_a_program_made_stays_a_table() -> None:
    html = "<table><thead><tr><th>Law</th></tr></thead><tbody><tr>\n<td>a &lt; b</td></tr></tbody>"
    assert plaintext.of_html(f"{html}</table>") == "| Law |\n| --- |\n| a < b |"


def test_links_of_a_copy_hold_in_another_place() -> None:
    text = "[a](../glossary.md) [b](#here) [c](https://other.example/)"
    moved = plaintext.moved(text, "derivation/forward.md", "https://affine.example/")
    assert moved == (
        "[a](https://affine.example/glossary.md) [b](#here) [c](https://other.example/)"
    )
