"""Every number of a report comes from one count: what it says in two places agrees."""

import re
from functools import cache
from typing import Any

import pytest

from affine.checker import check
from affine.checker.report import Report
from affine.checker.report.record import record
from affine.checker.report.text import text
from tests.formula_layers import wrong_layer

LAYERS = {
    "right": wrong_layer(),
    "dw averaged": wrong_layer(dw="x.T @ dout / n"),
    "two mistakes": wrong_layer(out="x @ w", db="dout.sum(axis=1)"),
    "beyond a size": wrong_layer(dw="x[:64].T @ dout[:64]"),
}


def numbers(pattern: str, said: str) -> list[int]:
    """Return the numbers of the one place that a pattern finds."""
    (found,) = re.findall(pattern, said)
    parts = [found] if isinstance(found, str) else found
    return [int(part.replace(",", "")) for part in parts]


def step(report: Report, name: str) -> str:
    return next((each.established for each in report.steps if each.name == name), "")


@cache
def checked(name: str, reduction: Any = "sum") -> Report:
    """Return the report on a layer, which several tests read."""
    return check(LAYERS[name], reduction=reduction)


@pytest.mark.parametrize(
    ("name", "reduction"), [*((name, "sum") for name in LAYERS), ("dw averaged", "mean")]
)
def test_numbers_agree_within_a_report_and_with_its_record(name: str, reduction: Any) -> None:
    report = checked(name, reduction)
    said, written = " ".join(text(report).split()), record(report)
    statuses = [each["status"] for each in written["properties"]]
    cases = sum(each["cases"] for each in written["properties"])
    for status, words in {"held": "held", "falsified": "falsified"}.items():
        if count := statuses.count(status):
            assert numbers(rf"Properties .*?([\d,]+) {words}", said) == [count]
    assert numbers(r"; ([\d,]+) cases? in all", said) == [cases]
    if report:
        first = said.partition(" (profile")[0]
        assert numbers(r"([\d,]+) properties held on ([\d,]+) cases", first) == [
            statuses.count("held"), cases,
        ]  # fmt: skip
    # What the steps add up to; one case for each result that fails before the search.
    ran, searched = numbers(r"([\d,]+) propert\w+ on ([\d,]+) case", step(report, "search"))
    more = numbers(r"on ([\d,-]+) more case", step(report, "diagnosis") or "on 0 more case")[0]
    before = cases - searched - more
    proof = next(
        each for each in report.outcomes if each.name == "basis_pairs_recover_the_coefficients"
    )
    others = statuses.count("held") + statuses.count("falsified") - ran - 1
    assert 0 < before <= proof.cases + others
    if report:
        assert (others, before) == (0, proof.cases)
    # Each falsified property is of one cause.
    names = [each.name for finding in report.findings for each in finding.outcomes]
    assert sorted(names) == sorted(
        each.name for each in report.outcomes if each.status == "falsified"
    )


def test_a_pass_covers_what_ran() -> None:
    """Computed from the calls: fewer of them cover less."""
    whole, part = checked("right"), check(LAYERS["right"], only=["dw_is_xt_dout"])
    assert whole.coverage is not None
    assert part.coverage is not None
    assert whole.coverage.sizes == (1025, 1025, 1025)
    assert max(part.coverage.sizes) < 200
    assert {"Fortran order", "reversed", "read-only"} <= set(whole.coverage.layouts)
    assert part.coverage.layouts == {""}
    said = " ".join(text(whole).split())
    assert "Covered N, D and M up to 1,025; float16, float32, float64; C order" in said
    assert f"more than {whole.coverage.entries:,} entries in one array" in said
    assert "sizes of 0" in whole.not_tried
    library = check(LAYERS["right"], profile="library", only=["zero_sizes_give_zeros"])
    assert "sizes of 0" not in library.not_tried
