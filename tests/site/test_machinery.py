"""The site's own machinery, without a browser and without MkDocs."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from markdown import Markdown

from docs.machinery import boxes, citations, font, names, orphans, record, symbols, tex
from docs.machinery.citations import Citation
from docs.machinery.extension import DirectiveError, SiteExtension
from docs.machinery.record import Record
from docs.machinery.results import Results

LEDGER = {
    "seed": 7,
    "versions": {"python": "3.11", "numpy": "2.4"},
    "properties": {"dw_is_xt_dout": {"status": "held", "cases": 42}},
    "counterexamples": {
        "dw_averaged": {
            "mistake": "dW is averaged",
            "property": "dw_is_xt_dout",
            "equations": ["dw"],
            "quantity": "dw",
            "message": "dw[0, 0] = 0.5, but should be 1",
            "inputs": {"x": [[1.0], [0.0]], "b": [0.0]},
            "expected": [[1.0]],
            "got": [[0.5]],
        }
    },
}


@pytest.fixture
def built() -> Record:
    return replace(record.load(), results=Results())


@pytest.fixture
def tested(built: Record) -> Record:
    return replace(built, results=Results(LEDGER))


def html(text: str, built: Record) -> str:
    return Markdown(extensions=[SiteExtension(built)]).convert(text)


# ------------------------------------------------------------------ mathematics


def test_mathematics_is_mathml_and_code_stays_code(built: Record) -> None:
    shown = html(r"The sum \(a_i + b\), written `\(a_i + b\)`.", built)
    assert "<math><msub><mi>a</mi><mi>i</mi></msub>" in shown
    assert r"<code>\(a_i + b\)</code>" in shown


def test_displayed_mathematics_ends_the_paragraph_before_it(built: Record) -> None:
    shown = html("Before\n\\[\na = b\n\\]\nafter", built)
    assert re.fullmatch(
        r'<p>Before</p>\s*<div class="display-math"><math display="block">.*</math></div>\s*'
        r"<p>after</p>",
        shown,
        re.DOTALL,
    )


@pytest.mark.parametrize("text", [r"\(\nosuch\)", "\\[\n\\frac{1}\n\\]", r"\(\tag{1}\)"])
def test_tex_that_cannot_be_converted_stops_the_build_and_is_quoted(
    text: str, built: Record
) -> None:
    with pytest.raises(tex.TexError) as error:
        html(text, built)
    assert re.escape(text.strip("\\()[]\n")) in re.escape(str(error.value)).replace(r"\\\\", r"\\")


def test_every_equation_and_statement_can_be_converted(built: Record) -> None:
    for equation in built.equations.values():
        assert all(part.startswith("<math") for part in tex.parts(equation.tex))
    for statement in built.statements.values():
        assert tex.to_mathml(statement.tex)


def test_formula_breaks_at_wide_spaces_but_not_inside_an_environment() -> None:
    assert len(tex.parts(r"a = b, \qquad c = d \;\Rightarrow\; e = f")) == 3
    assert len(tex.parts(r"\begin{aligned} a &= b \qquad c \end{aligned}")) == 1


def test_transposes_can_be_read_aloud() -> None:
    assert 'intent="transpose"' in tex.to_mathml(r"X^\top")


def test_symbols_say_their_meaning_and_shape() -> None:
    mathml = tex.to_mathml(r"\mathrm{dW} = X^\top \dot W w_j")
    shapes = {"dW": "D×M", "X": "N×D", "Ẇ": "D×M", "w_j": "D×1"}
    shown = symbols.explain(mathml, shapes)
    assert 'title="dW: the gradient of the weights, D×M"' in shown
    assert 'title="X transposed: D×N"' in shown
    assert 'title="Ẇ: a direction of W, D×M"' in shown
    assert 'title="w_j: column j of W, D×1"' in shown


@pytest.mark.parametrize(
    ("name", "mathml"),
    [
        ("X_i", "<math><msub><mi>X</mi><mrow><mi>i</mi></mrow></msub></math>"),
        ("ĉ", '<math><mover accent="true"><mi>c</mi><mo>^</mo></mover></math>'),
        ("out-dot", '<math><mover accent="true"><mi>out</mi><mo>˙</mo></mover></math>'),
    ],
)
def test_names_of_the_registry_are_typeset(name: str, mathml: str) -> None:
    assert names.to_mathml(name) == mathml


def test_names_with_an_index_are_typeset_in_plain_text_but_identifiers_are_not() -> None:
    shown = names.typeset("out_i and `x_i` in per_sample")
    assert shown.count("<math>") == 1
    assert shown.endswith("and `x_i` in per_sample")


# ------------------------------------------------------------------ boxes


def test_boxes_are_read_with_their_operators() -> None:
    assert boxes.parse("dW[D,M] = Xᵀ[D,N] · dout[N,M]") == [
        boxes.Box("dW", ("D", "M")),
        "=",
        boxes.Box("Xᵀ", ("D", "N")),
        "·",
        boxes.Box("dout", ("N", "M")),
    ]
    assert boxes.parse("[X 𝟏][N,D+1]") == [boxes.Box("[X 𝟏]", ("N", "D+1"))]


@pytest.mark.parametrize("text", ["X", "X[N,Q]", "X[]", "X[N,D] = ", "X[N,N,N,N,N]", "J[N,M,D,K]"])
def test_boxes_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(boxes.BoxesError):
        boxes.draw(text)


def test_sides_are_proportional_and_the_picture_has_words() -> None:
    drawn = boxes.draw("X[N,D]")
    sheet = re.search(r'class="sheet" .* width="(\d+)" height="(\d+)"', drawn)
    assert sheet
    assert int(sheet[1]) * boxes.SIDES["N"] == int(sheet[2]) * boxes.SIDES["D"]
    assert 'role="img"' in drawn
    assert "<title>Shapes: X (N by D).</title>" in drawn


def test_a_jacobian_is_a_grid_whose_diagonal_blocks_are_marked() -> None:
    drawn = boxes.draw("∂out/∂X[N,M,N,D]")
    count = boxes.SIDES["N"]
    assert drawn.count('class="filled"') == count
    assert drawn.count('class="empty"') == count * (count - 1)
    assert "N by N blocks, each M by D" in drawn


def test_every_picture_of_the_registry_can_be_drawn(built: Record) -> None:
    for equation in built.equations.values():
        assert not equation.boxes or boxes.draw(equation.boxes).startswith("<svg")


# ------------------------------------------------------------------ directives


def test_block_shows_the_equation_and_what_is_known_about_it(tested: Record) -> None:
    shown = html("# Page\n\n## Part\n\n[[equation: dw]]", tested)
    assert '<section class="equation" id="eq-dw"' in shown
    assert '<h3 class="equation-title"' in shown
    assert '<autoref identifier="affine.backward">' in shown
    assert '<autoref identifier="tag-dw">' in shown
    assert '<autoref identifier="source-S10">S10</autoref>' in shown
    assert "held, 42 cases" in shown
    assert "seed 7" in shown
    math = re.findall(r"<math.*?</math>", shown, re.DOTALL)
    assert not any("(dw)" in one or "<a " in one for one in math)


def test_block_says_not_run_where_nothing_was_run(built: Record) -> None:
    shown = html("[[equation: dw]]", built)
    assert "not run" in shown
    assert "held" not in shown


def test_counterexample_comes_from_the_ledger(tested: Record, built: Record) -> None:
    shown = html("[[counterexample: dw_averaged]]", tested)
    assert "dW is averaged" in shown
    assert "0.5" in shown
    assert "not run" in html("[[counterexample: dw_averaged]]", built)
    with pytest.raises(KeyError):
        html("[[counterexample: no_such_layer]]", tested)


@pytest.mark.parametrize(
    "text", ["[[equation: dv]]", "[[boxes of: dv]]", "[[theorem: dw]]", "[[boxes of: chain]]"]
)
def test_directive_that_names_nothing_known_is_refused(text: str, built: Record) -> None:
    with pytest.raises((DirectiveError, boxes.BoxesError)):
        html(text, built)


def test_other_double_brackets_are_text(built: Record) -> None:
    assert "[[1.0, 2.0]]" in html("[[1.0, 2.0]]", built)


# ------------------------------------------------------------------ orphans


def homes(built: Record) -> dict[str, list[str]]:
    return {tag: ["page.md"] for tag in built.equations}


def without(mapping: object, key: str) -> dict[str, object]:
    return {name: value for name, value in dict(mapping).items() if name != key}  # type: ignore[call-overload]


def test_nothing_is_an_orphan(built: Record) -> None:
    assert orphans.of_registry(built) == []
    assert orphans.of_pages(built, homes(built)) == []


def test_equation_without_a_home_or_with_two_is_found(built: Record) -> None:
    assert "(dw) has no home" in orphans.of_pages(built, without(homes(built), "dw"))[0]  # type: ignore[arg-type]
    twice = homes(built) | {"dw": ["one.md", "two.md"]}
    assert "one.md, two.md" in orphans.of_pages(built, twice)[0]


def test_block_and_property_of_an_unknown_tag_are_found(built: Record) -> None:
    less = replace(built, equations=without(built.equations, "balance"))
    found = " ".join(orphans.of_registry(less) + orphans.of_pages(less, homes(built)))
    assert "x_transposed_dx_is_dw_w_transposed cites (balance)" in found
    assert "the block of (balance)" in found


def test_equation_without_a_property_is_found(built: Record) -> None:
    less = replace(
        built, properties=without(built.properties, "x_transposed_dx_is_dw_w_transposed")
    )
    assert "(balance) has no property" in orphans.of_registry(less)[0]


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        ("affine.no_such", "affine.no_such does not exist"),
        ("no_such.forward", "no_such.forward does not exist"),
        ("affine.jvp", "affine.jvp does not cite its equation: [(dw)][eq-dw]"),
    ],
)
def test_function_that_is_missing_or_does_not_cite_is_found(
    function: str, complaint: str, built: Record
) -> None:
    wrong = replace(built.equations["dw"], function=function)
    other = replace(built, equations={**built.equations, "dw": wrong})
    assert complaint in orphans.of_registry(other)[0]


def test_statement_that_nothing_carries_and_its_counterpart_are_found(built: Record) -> None:
    bare = replace(built.equations["entry-x"], source=("S99",))
    found = orphans.of_registry(replace(built, equations={**built.equations, "entry-x": bare}))
    assert "statement S2 of the handwritten source is carried by no equation" in found
    assert "equation (entry-x) names the statement S99, which is not in the source" in found


def test_correction_that_is_missing_is_found(built: Record) -> None:
    less = replace(built, corrections=without(built.corrections, "average"))
    assert "correction average, which does not exist" in orphans.of_registry(less)[0]


# ------------------------------------------------------------------ citations

PROJECT = Citation(
    key="affine",
    title="affine & its gradients",
    authors=({"family-names": "Ada", "given-names": "A."}, {"name": "The contributors"}),
    version="1.2",
    released=date(2026, 11, 23),
    address="https://example.org/affine/",
)


@pytest.fixture
def cited(built: Record) -> Citation:
    return citations.of_equation(built.equations["dw"], PROJECT)


def test_bibtex(cited: Citation) -> None:
    assert citations.bibtex(cited) == (
        "@misc{affine-dw,\n"
        "  author       = {Ada, A. and {The contributors}},\n"
        "  title        = {{Gradient of the weights, equation (dw)}},\n"
        "  howpublished = {affine \\& its gradients},\n"
        "  note         = {Version 1.2},\n"
        "  year         = {2026},\n"
        "  month        = {11},\n"
        "  url          = {https://example.org/affine/t/dw/},\n"
        "}"
    )


def test_ris(cited: Citation) -> None:
    lines = citations.ris(cited).splitlines()
    assert lines[0] == "TY  - ELEC"
    assert "AU  - Ada, A." in lines
    assert "DA  - 2026/11/23" in lines
    assert lines[-1] == "ER  - "


def test_csl_json(cited: Citation) -> None:
    (item,) = json.loads(citations.csl_json(cited))
    assert item["author"] == [{"family": "Ada", "given": "A."}, {"literal": "The contributors"}]
    assert item["issued"] == {"date-parts": [[2026, 11, 23]]}
    assert item["URL"] == "https://example.org/affine/t/dw/"


def test_highwire(cited: Citation) -> None:
    tags = citations.highwire(cited)
    assert ("citation_publication_date", "2026/11/23") in tags
    assert [content for name, content in tags if name == "citation_author"] == [
        "Ada, A.",
        "The contributors",
    ]


def test_without_an_address_no_citation_invents_one(built: Record) -> None:
    here = replace(PROJECT, address="")
    cited = citations.of_equation(built.equations["dw"], here)
    written = [write(cited) for write in citations.FORMATS.values()]
    assert not any("http" in text or "t/dw" in text for text in written)
    assert "citation_public_url" not in dict(citations.highwire(cited))


def test_the_project_cites_itself_from_its_citation_file() -> None:
    cited = citations.of_project(Path(__file__).parents[2] / "CITATION.cff", "")
    assert cited.authors
    assert cited.version
    assert citations.plain(cited).startswith(str(cited.authors[0].get("name", "")))


# ------------------------------------------------------------------ font


def test_font_has_what_formulas_draw_and_nothing_else() -> None:
    page = "<p>plain</p><math><mi>X</mi><mo>&lt;</mo><mi>out</mi></math>"
    assert font.characters(page) == {"X", "𝑋", "<", "o", "u", "t"}
