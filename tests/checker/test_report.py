"""A report in words: the verdict, each mistake with its smallest case, plain equations."""

import re
from dataclasses import replace
from email.message import Message
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affine.checker.diagnosis import MISTAKES, Diagnosis
from affine.checker.report import Finding, Outcome, Report, Reproduction
from affine.checker.report.text import block, case_lines, side_by_side, text, verdict
from affine.checker.report.words import below, number, page
from affine.equations import EQUATIONS
from affine.oracle import Violation
from tests.checker.report_factory import (
    a_point,
    averaged,
    erring,
    failing,
    falsified,
    passing,
    reports,
)

# ------------------------------------------------------------------ the verdict, in one line


def test_the_first_line_is_the_verdict() -> None:
    """It can be read alone: what, where, and why."""
    assert verdict(passing()) == (
        "PASS mine.py: 2 properties held on 1,843 cases (profile textbook, seed 0)"
    )
    assert verdict(failing()) == "FAIL mine.py: averaged over the batch (dw and db)"
    assert verdict(erring()) == "ERROR mine.py: no file mine.py; give the path of a file"
    assert verdict(Report("mine.py")).startswith("ERROR mine.py: no property was run")
    unexplained = Report("mine.py", outcomes=(averaged(),))
    assert verdict(unexplained) == "FAIL mine.py: falsified: dw_is_xt_dout"
    assert (
        verdict(reports()["broken"]) == "ERROR mine.py: dw_is_xt_dout could not be run: no memory"
    )


def test_the_first_line_names_two_mistakes_and_counts_the_rest() -> None:
    """What has a name comes first; one failure without is shown if nothing has."""
    (named,) = failing().findings
    unnamed = Finding((averaged(),), Diagnosis(("dw",), None, "No known mistake explains this."))
    said = verdict(failing(findings=(unnamed, named, named, named)))
    once = "averaged over the batch (dw and db)"
    assert said == f"FAIL mine.py: {once}; {once}; and 2 more failures"
    said = verdict(failing(findings=(unnamed, unnamed)))
    assert said.endswith("but should be 2 (dw_is_xt_dout); and 1 more failure")


@pytest.mark.parametrize("name", reports())
def test_every_kind_of_report_has_words(name: str) -> None:
    """One line of verdict first; nothing wider than the terminal but code and addresses."""
    report = reports()[name]
    for verbose in (False, True):
        said = text(report, width=80, verbose=verbose)
        lines = said.splitlines()
        assert lines[0] == verdict(report)
        assert "\x1b" not in said
        assert [line for line in lines[1:] if len(line) > 80 and not line.startswith("    ")] == []


def test_how_the_layer_was_read_stands_below_the_verdict() -> None:
    """In one sentence that wraps beside its label, whatever the verdict is."""
    sentence = f"class Linear(in, out): {'data points in columns, ' * 4}weight (M, D)"
    for report in (replace(passing(), form=sentence), failing(form=sentence)):
        lines = text(report, width=80).splitlines()
        assert lines[1] == ""
        assert lines[2].startswith("Read as  class Linear(in, out): data points in columns")
        assert lines[3].startswith(" " * 9 + "data points")
        assert " ".join(" ".join(lines[2:4]).split()) == f"Read as {sentence}"
    assert "Read as" not in text(failing(form=""))


def test_a_layer_that_is_still_to_be_written_is_told_in_one_paragraph() -> None:
    missing = Diagnosis(("out",), MISTAKES["not-written-yet"], "The forward pass is not written.")
    report = failing(findings=(Finding((averaged(),), missing),), form="forward(x)")
    said = text(report, width=200).split("\n\n")
    assert said[0] == "FAIL mine.py: not written yet (out)"
    assert said[1:] == [
        "Read as  forward(x)",
        f"The forward pass is not written. {MISTAKES['not-written-yet'].remedy}",
    ]


# ------------------------------------------------------------------ one mistake


def _case(outcome: Outcome) -> str:
    return "\n".join(line.plain for line in case_lines(Finding((outcome,)), 80))


def test_a_mistake_shows_its_case_and_what_to_do() -> None:
    """The sentence, the matrices, the equation, the properties, the remedy, the code."""
    said = text(failing(), width=80)
    parts = (
        "Your dw is Xᵀ·dout / N.",
        "The smallest case that shows it: N = 2, D = 1, M = 1",
        "x (2×1)   dout (2×1)\n  [1]       [1]\n  [1]       [1]",
        "expected dw (1×1)   got dw (1×1)\n  [2]                 [›1‹]",
        "dW = Xᵀ · dout",
        "affine explain dw",
        "dw_is_xt_dout: Every entry of dW is Σ_i X_id dout_ij",
        "1 property: a_doubled_batch_doubles_dw_and_db",
        "Drop the division.",
        "import numpy as np",
    )
    places = [said.index(part) for part in parts]
    assert places == sorted(places)


def test_a_mistake_in_averages_shows_the_equation_of_averages() -> None:
    assert "affine explain average" in text(failing(reduction="mean"))


def test_a_reproduction_says_where_it_runs_and_whether_it_needs_this_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was run there as it is printed, unless no process but this one has the layer."""
    (finding,) = failing().findings
    monkeypatch.chdir(tmp_path)

    def said(**about: Any) -> str:
        found = Reproduction(**about)
        report = failing(findings=(replace(finding, reproduction=found),))
        assert found.code in text(report)
        return text(report)

    assert "To reproduce it, without this package:" in said(code="vjp = 1", was_run=True)
    here = said(code="vjp = 1", folder=str(tmp_path), was_run=True)
    assert "To reproduce it, without this package:" in here
    below = said(code="vjp = 1", folder=str(tmp_path / "nets"), was_run=True)
    assert "To reproduce it in nets, without this package:" in below
    adapted = said(code="from affine.checker.reading import layer_from", was_run=True)
    assert "To reproduce it:" in adapted
    assert "where your layer is defined (this code was not run):" in said(code="vjp = 1")
    none = said(why_none="it depends on chance")
    assert "To see it again  affine check mine.py --only dw_is_xt_dout --seed 0" in none
    assert "Without code     it depends on chance" in none


def test_operands_that_do_not_matter_are_left_out() -> None:
    """W and b are not part of dW; where they are not 0 after shrinking, they matter after all."""
    assert "   w (" not in _case(averaged())
    point = a_point()._replace(w=np.full((1, 1), 5.0))
    decayed = falsified(Violation("dw", "dw", np.array([[7.0]]), np.array([[2]])), point)
    assert "x (2×1)   w (1×1)" in _case(decayed)


def test_large_matrices_are_cut_around_the_first_difference() -> None:
    """And say so, in the words of NumPy."""
    expected = np.zeros((40, 3))
    got = expected.copy()
    got[37, 1] = 1
    point = a_point(40, 3, 2)
    outcome = falsified(Violation("dx", "dx", got, expected), point._replace(dout=0 * point.dout))
    shown = _case(outcome)
    assert "got dx[35:40, :] of (40×3)" in shown
    assert "dout[35:40, :] of (40×2)" in shown
    assert "›1‹" in shown


def test_a_difference_that_short_numbers_hide_is_written_out() -> None:
    """Two numbers that differ never look alike."""
    error = Violation("dw", "dw", np.array([[1 / 7]]), np.array([[np.nextafter(1 / 7, 1)]]))
    shown = _case(falsified(error))
    assert "[0.14285714285714288]" in shown
    assert "[›0.14285714285714285‹]" in shown


def test_what_is_unusual_about_an_operand_is_said() -> None:
    """Its dtype and its memory layout, and nothing where both are usual."""
    point = a_point(2, 2, 2).map(lambda array: np.asfortranarray(array, "f4"))
    error = Violation("dw", "dw", np.zeros((2, 2)), np.full((2, 2), 2))
    name = "memory_layout_does_not_matter"  # shrinking leaves views: elsewhere they mean nothing
    shown = _case(falsified(error, point, name))
    assert "M = 2, float32" in shown
    assert "x (2×2), Fortran order" in shown


def test_the_sizes_are_those_at_which_it_fails() -> None:
    """And so are the operands, also where a property makes them of the case."""
    said, made = "dw[0, 0] = 1.0, but should be 2", a_point(9, 1, 3)
    error = Violation(said, "dw", np.array([[1.0]]), np.array([[2]]), given=made)
    shown = _case(falsified(error, name="sizes_around_blocks_are_no_exception"))
    assert shown.splitlines()[0] == "The smallest case that shows it: N = 9, D = 1, M = 3"
    assert "dout[4:9, :] of (9×3)" in shown
    stack = made._replace(x=np.ones((3, 3, 1)), dout=np.ones((3, 3, 3)))
    error = Violation(said, "dx", np.zeros((3, 3, 1)), np.ones((3, 3, 1)), given=stack)
    shown = _case(falsified(error, name="leading_axes_are_batch_axes"))
    assert shown.splitlines()[0] == "The smallest case that shows it: N = 9, D = 1, M = 3"
    assert "x (3×3×1)   w (1×3)   dout (3×3×3)" in shown


def test_blocks_wrap_at_the_width() -> None:
    """Matrices that have no room side by side stand below each other."""
    wide = block("x", np.arange(24.0).reshape(4, 6))
    assert max(line.cell_len for line in side_by_side([wide] * 3, width=50)) <= 50


def test_numbers_are_short_and_never_wrong() -> None:
    """Whole ones without a point; a rounded one says so."""
    assert [number(one) for one in (2.0, -1.0, -0.0, 0.5, 2.0**52 + 1)] == [
        "2", "-1", "-0", "0.5", "4503599627370497",
    ]  # fmt: skip
    assert [number(one) for one in (np.nan, -np.inf, 1e300)] == ["nan", "-inf", "1e+300"]
    assert number(np.longdouble(1) / 3).startswith("~0.3333")


# ------------------------------------------------------------------ words


def test_every_equation_has_a_plain_form() -> None:
    """No command or brace of TeX is left in it, and it has the lines of the TeX."""
    for equation in EQUATIONS.values():
        assert equation.plain
        assert not set(equation.plain) & set("\\{}&$")
        lines = re.sub(r"\\begin\{([cb])\w+\}.*?\\end\{\1\w+\}", "", equation.tex).split(r"\\")
        assert len(equation.plain.split("\n")) == len(lines), equation.tag


def test_pages_stand_below_the_address_of_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting says where that is; without it, there is no address to give."""
    monkeypatch.delenv("AFFINE_SITE_URL", raising=False)
    assert page("dw") == ""
    monkeypatch.setenv("AFFINE_SITE_URL", "https://example.org/affine/")
    assert page("dw") == "https://example.org/affine/t/dw/index.html"


def test_a_release_knows_the_address_of_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its metadata name it, as the workflow that makes it writes them."""
    released = Message()
    released["Project-URL"] = "Source, https://example.org/source"
    released["Project-URL"] = "Homepage, https://example.org/affine/"
    monkeypatch.delenv("AFFINE_SITE_URL", raising=False)
    monkeypatch.setattr("affine.checker.report.words.metadata", lambda name: released)
    assert page("dw") == "https://example.org/affine/t/dw/index.html"


def test_a_chance_is_never_understated() -> None:
    """The power of ten is above the bound, and the next one is not."""
    assert below(Fraction(3, 2001) ** 4) == "10^-11"
    assert below(Fraction(1, 1000)) == "10^-2"
    assert below(Fraction(1, 2)) == "10^0"
