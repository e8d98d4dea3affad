"""Points, tables, pages and records of a grading, from results that no check has made."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from affine.checker.grade.pages import overview, page_names, submission_page
from affine.checker.grade.points import DEFAULT, Points, PointsError
from affine.checker.grade.results import Row, junit, not_judged, row, schema, table
from affine.checker.report.record import dumps
from tests.checker.report_factory import reports

POINTS = Points(DEFAULT)
HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script>\x1b[2J\x00"


def row_of(kind: str, name: str = "ada") -> Row:
    report = json.loads(dumps(reports()[kind]))
    return row(name, f"pages/{name}.html", {"report": report, "html": ""}, POINTS, key="0")


def read(tmp_path: Path, text: str, **chosen: object) -> Points:
    file = tmp_path / "points.toml"
    file.write_text(text)
    return Points.read(file, "textbook", (), **chosen)


def test_points_are_a_quarter_for_each_result() -> None:
    assert Points.read(None, "textbook", ()).of == dict.fromkeys(("out", "dx", "dw", "db"), 0.25)
    assert Points.read(None, "textbook", ("dw_is_xt_dout",)).of == {"dw": 0.25}


def test_points_may_be_for_properties(tmp_path: Path) -> None:
    points = read(tmp_path, "dw = 2\narguments_are_not_modified = 0.5\n")
    lost = {"name": "arguments_are_not_modified", "status": "falsified"}
    report = {"verdict": "fail", "properties": [lost], "findings": []}
    assert points.earned(report) == {"dw": 2.0, "arguments_are_not_modified": 0.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dw = ", "cannot be read"),
        ("dz = 1", "dz is no part of this check; parts are out, dx, dw, db"),
        ("dw = 'two'", "give a number"),
        ("dw = true", "give a number"),
        ("dw = nan", "give a number"),
        ("dw = -1", "give a number"),
        ("results_share_no_memory = 1", "is no part of this check"),
    ],
)
def test_points_that_make_no_sense_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PointsError, match=said):
        read(tmp_path, text)


@pytest.mark.parametrize("kind", reports())
def test_every_kind_of_report_has_a_row(kind: str) -> None:
    found = row_of(kind)
    assert (found.total is None) == (found.verdict == "error")
    record = json.loads(json.dumps({
        "schema": 1, "version": "1", "options": {}, "points": DEFAULT,
        "counts": {"pass": 0, "fail": 0, "error": 0}, "submissions": [found.record()],
    }))  # fmt: skip
    Draft202012Validator(schema()).validate(record)
    ElementTree.fromstring(junit([found]))
    assert found.page in overview([found], DEFAULT)


def test_junit_is_what_its_readers_take() -> None:
    """As the schemas of Jenkins and pytest have it: counts, and one outcome a test at most."""
    suite = ElementTree.fromstring(junit(map(row_of, reports())))[0]
    outcomes = [[child.tag for child in test] for test in suite]
    assert {suite.tag, *(test.tag for test in suite)} == {"testsuite", "testcase"}
    assert {tuple(each) for each in outcomes} == {(), ("failure",), ("error",)}
    assert suite.attrib == {
        "name": "affine grade", "tests": str(len(outcomes)),
        "failures": str(outcomes.count(["failure"])), "errors": str(outcomes.count(["error"])),
    }  # fmt: skip
    for test in suite:
        assert test.keys() == ["classname", "name", "time"]
        assert float(test.get("time", "")) >= 0
        assert all("message" in child.attrib for child in test)


def test_names_do_no_harm() -> None:
    """In a spreadsheet, in XML, on a page."""
    found = row(HOSTILE, "p.html", not_judged(HOSTILE, HOSTILE), POINTS)
    _, line = csv.reader(table([found], DEFAULT).splitlines())
    assert line[0].startswith("'=cmd")
    assert ElementTree.fromstring(junit([found]))[0][0].get("name", "").startswith("=cmd")
    for page in (overview([found], DEFAULT), submission_page(found, "", DEFAULT)):
        assert "<script>alert" not in page
        assert "\x1b" not in page


def test_pages_have_names_of_their_own_on_any_file_system() -> None:
    names = ["Ada", "ada", "ADA", "a/../b", "..", "x" * 300, "x" * 301, "\u5f20\u4e09"]
    pages = list(page_names(names).values())
    assert len({page.lower() for page in pages}) == len(names)
    assert all(len(page.encode()) < 240 and "/." not in page for page in pages)


def test_who_copied_stands_in_the_table_and_on_no_page() -> None:
    copied = row("bob", "p", not_judged("a", "why"), POINTS, equal_to="ada")
    assert "ada" in table([copied], DEFAULT)
    assert "ada" in overview([copied], DEFAULT)
    assert "ada" not in submission_page(copied, "", DEFAULT)
