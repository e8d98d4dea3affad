"""Layers in every convention are read: right ones pass, wrong ones fail, odd ones are refused."""

import sys
from pathlib import Path

import numpy as np
import pytest

from affine.checker import check
from affine.checker.reading import TargetError
from tests.checker.reading.by_hand import results
from tests.checker.reading.conventions import Convention, combinations, drawn, pairs_of_choices
from tests.checker.reading.failures import (
    Case,
    exact,
    failures,
    integers,
    odd_cases,
    read,
    right_cases,
    wrong_cases,
)  # fmt: skip
from tests.checker.reading.formulas import MISTAKES, leaves_doubt
from tests.conftest import sampled

CONVENTIONS, WRONG, ODD = combinations(), wrong_cases(), odd_cases()
FORMULAS = (
    "forward_is_x_w_plus_b", "dx_is_dout_wt", "dw_is_xt_dout", "db_is_the_column_sum_of_dout",
)  # fmt: skip
BUDGET = 20

pytestmark = pytest.mark.usefixtures("few_cases")


@pytest.fixture(autouse=True)
def own_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target's folder stays importable: here, until the end of the test."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def name_of(case: Convention | Case) -> str:
    if isinstance(case, Convention):
        return str(case)
    convention, change = case
    return f"{convention}-{change.replace(' ', '_')}"


def words_for(convention: Convention) -> list[str]:
    """Return what the sentence of a reading has to say."""
    words = ["data points in columns"] * (convention.layout == "columns")
    if convention.bias_in_weights:
        line = "row" if convention.weight == "DM" else "column"
        return [*words, f"the bias as the {convention.bias} {line} of the weights"]
    words += ["weight (M, D)"] * (convention.weight == "MD")
    # In columns a bias (M, 1) goes without saying, and so does (M,) in rows.
    return words + {"1M": ["bias (1, M)"], "M1": ["bias (M, 1)"]}.get(convention.bias, [])


# ------------------------------------------------------------------ the sources themselves


def test_any_two_choices_meet_in_one_of_few_hundred_conventions() -> None:
    covered = set().union(*map(pairs_of_choices, CONVENTIONS))
    assert {choice for each in drawn(500, seed=1) for choice in pairs_of_choices(each)} <= covered
    assert 200 < len(CONVENTIONS) < 400
    assert len({str(each) for each in CONVENTIONS}) == len(CONVENTIONS)


def as_expected(convention: Convention, mistake: str = "") -> bool:
    got = results(convention, integers(), mistake)
    return all(map(np.array_equal, got, exact().values()))


def test_right_layers_are_right_when_called_by_hand() -> None:
    assert [str(each) for each in CONVENTIONS if not as_expected(each)] == []


def test_wrong_layers_are_wrong_when_called_by_hand() -> None:
    """Where W is not transposed, the product does not even run."""
    right = []
    for convention, mistake in WRONG[::7]:
        try:
            right += [str(convention)] * as_expected(convention, mistake)
        except ValueError:
            assert mistake == "dx with W not transposed"
    assert right == []


# ------------------------------------------------------------------ how they are read


@pytest.mark.parametrize("step", sampled([5, 1], 2))
def test_every_right_layer_is_read(step: int) -> None:
    found = failures(right_cases()[::step])
    assert {str(each): reason for (each, _), reason in found.items()} == {}


@pytest.mark.parametrize("convention", sampled(CONVENTIONS, 24, 8), ids=name_of)
def test_a_right_layer_passes(convention: Convention, tmp_path: Path) -> None:
    """And the report says what is unusual in how it keeps its arrays."""
    report = check(read(tmp_path, (convention, "")), only=FORMULAS, budget=BUDGET)
    assert report.verdict == "pass", report.findings
    assert [words for words in words_for(convention) if words not in report.form] == []


@pytest.mark.parametrize("convention", sampled(CONVENTIONS[::16], 9, 3), ids=name_of)
def test_a_right_layer_passes_the_whole_check(convention: Convention, tmp_path: Path) -> None:
    report = check(read(tmp_path, (convention, "")), budget=BUDGET)
    assert report.verdict == "pass", report.findings


@pytest.mark.parametrize("case", sampled(WRONG, 289, 289), ids=name_of)
def test_a_mistake_is_named(case: Case, tmp_path: Path) -> None:
    """Where names leave doubt, a layer may be refused; it never passes."""
    convention, mistake = case
    doubt = leaves_doubt(convention, mistake)
    try:
        report = check(read(tmp_path, case), budget=BUDGET)
    except TargetError:
        assert doubt
        return
    diagnoses = [finding.diagnosis for finding in report.findings if finding.diagnosis]
    names = {each.mistake.name for each in diagnoses if each.mistake}
    assert report.verdict == "fail"
    assert doubt or names == {MISTAKES[mistake]}


@pytest.mark.parametrize("case", sampled(ODD, 58, 29), ids=name_of)
def test_what_cannot_be_called_is_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(TargetError):
        read(tmp_path, case)
