"""The site's Markdown: mathematics, boxes, directives, without a browser and without MkDocs."""

import re
from dataclasses import replace

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from markdown import Markdown

from docs.site_builder import line_breaks, record
from docs.site_builder.equations import notation
from docs.site_builder.extension import SiteExtension
from docs.site_builder.pictures import boxdrawing, boxes
from docs.site_builder.record import Record, Results

LEDGER = {
    "seed": 7,
    "time": "2030-01-01 12:00 UTC",
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


@pytest.mark.parametrize(
    ("tex", "drawn"),
    [
        ("i'", "<mrow><mi>i</mi><mo {}>′</mo></mrow>"),
        (r"X_{i'}", "<msub><mi>X</mi><mrow><mi>i</mi><mo {}>′</mo></mrow></msub>"),
        (r"W'^\top", "<msup><mrow><mi>W</mi><mo {}>′</mo></mrow>{}</msup>"),
    ],
)
def test_a_prime_stands_beside_its_letter(tex: str, drawn: str) -> None:
    shown = drawn.format('lspace="0" rspace="0"', notation._TRANSPOSE)
    assert notation.tex_to_mathml(tex) == f"<math>{shown}</math>"


def test_theta_in_a_picture_is_that_of_the_formulas() -> None:
    assert "𝜃" in notation.name_to_svg("θ")


def test_lines_break_in_names_and_not_in_front_of_a_comma() -> None:
    shown = line_breaks.placed(
        "<p><math><mi>X</mi></math>, <math><mi>W</mi></math> <code>dw_is_xt_dout</code> and "
        "<code>--seed 7</code> <code>a_b</code></p>"
    )
    assert shown == (
        '<p><span class="unbroken"><math><mi>X</mi></math>,</span> <math><mi>W</mi></math> '
        "<code>dw_<wbr>is_<wbr>xt_<wbr>dout</code> and "
        '<code class="unbroken">--seed 7</code> <code>a_b</code></p>'
    )


def test_displayed_mathematics_ends_the_paragraph_before_it(built: Record) -> None:
    shown = html("Before\n\\[\na = b\n\\]\nafter", built)
    assert re.fullmatch(
        r'<p>Before</p>\s*<div class="display-math" [^>]*><math display="block">.*</math></div>\s*'
        r"<p>after</p>",
        shown,
        re.DOTALL,
    )


@pytest.mark.parametrize("formula", [r"\nosuch", r"\frac{1}", r"\tag{1}"])
def test_tex_that_cannot_be_converted_stops_the_build_and_is_quoted(
    formula: str, built: Record
) -> None:
    for text in (rf"\({formula}\)", f"\\[\n{formula}\n\\]"):
        with pytest.raises(ValueError, match=re.escape(formula)):
            html(text, built)


def test_every_equation_and_statement_can_be_converted(built: Record) -> None:
    for equation in built.equations.values():
        assert all(part.startswith("<math") for part in notation.formula_parts(equation.tex))
    for statement in built.statements.values():
        assert notation.tex_to_mathml(statement.tex)


def test_formula_breaks_at_wide_spaces_but_not_inside_an_environment() -> None:
    assert len(notation.formula_parts(r"a = b, \qquad c = d \;\Rightarrow\; e = f")) == 3
    assert len(notation.formula_parts(r"\begin{aligned} a &= b \qquad c \end{aligned}")) == 1


def test_transposes_can_be_read_aloud() -> None:
    assert 'data-intent="transpose"' in notation.tex_to_mathml(r"X^\top")


def test_symbols_say_their_meaning_and_shape() -> None:
    mathml = notation.tex_to_mathml(r"\mathrm{dW} = X^\top \dot W w_j")
    shapes = {"dW": "D×M", "X": "N×D", "Ẇ": "D×M", "w_j": "D×1"}
    shown = notation.explain(mathml, shapes)
    assert 'data-title="dW: the gradient of the weights, D×M"' in shown
    assert 'data-title="X transposed: D×N"' in shown
    assert 'data-title="Ẇ: a direction in which W moves, D×M"' in shown
    assert 'data-title="w_j: column j of W, D×1"' in shown


@pytest.mark.parametrize(
    ("name", "mathml"),
    [
        ("X_i", "<math><msub><mi>X</mi><mrow><mi>i</mi></mrow></msub></math>"),
        ("ĉ", '<math><mover accent="true"><mi>c</mi><mo>^</mo></mover></math>'),
        ("out-dot", '<math><mover accent="true"><mi>out</mi><mo>˙</mo></mover></math>'),
    ],
)
def test_names_of_the_registry_are_typeset(name: str, mathml: str) -> None:
    assert notation.name_to_mathml(name) == mathml


def test_names_with_an_index_are_typeset_in_plain_text_but_identifiers_are_not() -> None:
    shown = notation.typeset("out_i and `x_i` in per_sample")
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


@pytest.mark.parametrize(
    "text", ["X", "X[N,Q]", "X[]", "X[N,D] = ", "⟨ X[N,D]", "X[N,N,N,N,N]", "J[N,M,D,K]"]
)
def test_boxes_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(boxes.BoxesError):
        boxdrawing.draw(text)


@pytest.mark.parametrize(
    ("picture", "summed"),
    [
        ("dW[D,M] = Xᵀ[D,N] · dout[N,M]", {2: {1}, 4: {0}}),
        ("dW[D,M] = dout[N,M] · ∂out/∂W[N,M,D,M]", {2: {0, 1}, 4: {0, 1}}),
        ("dW⁽ⁱ⁾[D,M] = X_iᵀ[D,1] · dout_i[1,M]", {}),
        ("dW[D,M] = Σᵢ dW⁽·⁾[N,D,M]", {2: {0}}),
        ("L[1,1] = ⟨ dout[N,M] , X[N,D] · W[D,M] ⟩", {3: {0, 1}, 5: {0, 1}, 7: {0, 1}}),
        ("X[N,D] + X[N,D]", {}),
    ],
)
def test_what_is_summed_over_is_marked(picture: str, summed: dict[int, set[int]]) -> None:
    assert boxes.summed(boxes.parse(picture)) == summed
    # The two index pairs of a Jacobian that are summed have one mark.
    pairs = sum(axes == {0, 1} and "∂" in picture for axes in list(summed.values())[1:])
    marks = sum(map(len, summed.values())) - pairs
    assert boxdrawing.draw(picture).count('class="ground') == marks


def test_a_sum_is_said_in_words() -> None:
    drawn = boxdrawing.draw("db[M] = doutᵀ[M,N] · 𝟏[N,1]")
    assert "doutᵀ (M by N) times 𝟏 (N by 1), summed over N.</title>" in drawn
    drawn = boxdrawing.draw("L[1,1] = ⟨ dout[N,M] , out[N,M] ⟩")
    assert "equals the pairing of dout (N by M) and out (N by M).</title>" in drawn


def test_a_kronecker_product_is_zero_off_its_blocks() -> None:
    drawn = boxdrawing.draw("I⊗X[NM,DM]")
    n, d, m = (boxes.LENGTHS[size] for size in "NDM")
    assert drawn.count('class="filled"') == m * n * d


def test_sides_are_proportional_and_the_picture_has_words() -> None:
    drawn = boxdrawing.draw("X[N,D]")
    sheet = re.search(r'class="sheet" .* width="(\d+)" height="(\d+)"', drawn)
    assert sheet
    assert int(sheet[1]) * boxes.LENGTHS["N"] == int(sheet[2]) * boxes.LENGTHS["D"]
    assert 'role="img"' in drawn
    assert "<title>Shapes: X (N by D).</title>" in drawn


def test_a_jacobian_is_a_grid_whose_diagonal_blocks_are_marked() -> None:
    drawn = boxdrawing.draw("∂out/∂X[N,M,N,D]")
    count = boxes.LENGTHS["N"]
    assert drawn.count('class="filled"') == count
    assert drawn.count('class="empty"') == count * (count - 1)
    assert "N by N blocks, each M by D" in drawn


def test_every_picture_of_the_registry_can_be_drawn(built: Record) -> None:
    for entry in (*built.equations.values(), *built.statements.values()):
        assert not entry.boxes or boxdrawing.draw(entry.boxes).startswith("<svg")


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
    "text", ["[[equation: dv]]", "[[boxes of: dv]]", "[[theorem: dw]]", "[[boxes of: linearity]]"]
)
def test_directive_that_names_nothing_known_is_refused(text: str, built: Record) -> None:
    with pytest.raises(ValueError, match=r"no equation|no directive|the boxes ''"):
        html(text, built)


def test_other_double_brackets_are_text(built: Record) -> None:
    assert "[[1.0, 2.0]]" in html("[[1.0, 2.0]]", built)
