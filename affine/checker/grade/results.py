"""What came of all submissions: as one record, as a table, and for programs that read JUnit."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

from affine.checker.grade.points import Points
from affine.checker.grade.pool import Result
from affine.checker.report import Report
from affine.checker.report.html import html
from affine.checker.report.record import record
from affine.checker.report.words import clean

SCHEMA = 1
"""The version of the format: a change that breaks a reader counts it up."""

WORDS = {"pass": "right", "fail": "wrong", "error": "not judged"}
UNNAMED = "a mistake without a name"


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one submission.

    Attributes:
        name: The submission.
        key: Of its job: `judged/` has its whole report under it; `""` where nothing was judged.
        page: Its page.
        verdict: As in a report.
        points: What each part earned; None where there is no verdict.
        mistakes: What is wrong, in words.
        reading: How the layer was read.
        reason: Why there is no verdict.
        seconds: That its check took.
        equal_to: The first submission with the same files.
    """

    name: str
    key: str
    page: str
    verdict: str
    points: Mapping[str, float] | None
    mistakes: tuple[Mapping[str, str], ...]
    reading: str
    reason: str
    seconds: float
    equal_to: str = ""

    @property
    def total(self) -> float | None:
        """All points, None where there is no verdict."""
        return None if self.points is None else round(sum(self.points.values()), 6)

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self) | {"total": self.total, "mistakes": list(self.mistakes)}


def row(
    name: str, page: str, result: Result, points: Points, *, key: str = "", equal_to: str = ""
) -> Row:
    """Return what is to be known of one result."""
    report = result["report"]
    return Row(
        name, key, page, report["verdict"], points.earned(report),
        tuple(map(_mistake, report["findings"])),
        report["reading"], report["trouble"], report["seconds"], equal_to,
    )  # fmt: skip


def _mistake(finding: Mapping[str, Any]) -> dict[str, str]:
    named = finding["mistake"] or {"name": "", "title": UNNAMED, "remedy": ""}
    said = {"quantity": finding["quantity"], "sentence": finding["sentence"]}
    return {name: named[name] for name in ("name", "title", "remedy")} | said


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `results.json`."""
    return dict(json.loads(files(__package__).joinpath("schema.json").read_text(encoding="utf-8")))


def not_judged(target: str, why: str) -> Result:
    """Return the result of a submission that no check has judged."""
    report = Report(target, error_message=why)
    return {"report": record(report), "html": html(report)}


def table(rows: Iterable[Row], parts: Iterable[str]) -> str:
    """Return the rows as CSV, with a column for the points of each part."""
    written, parts = io.StringIO(), list(parts)
    lines = csv.writer(written, lineterminator="\n")
    last = "mistakes", "reason", "equal to", "page", "seconds"
    lines.writerow(["submission", "verdict", "points", *parts, *last])
    for each in rows:
        points = [None if each.points is None else each.points[part] for part in parts]
        mistakes = "; ".join(f"{one['title']} ({one['quantity']})" for one in each.mistakes)
        texts = [mistakes, each.reason, each.equal_to, each.page]
        numbers = [_plain(number) for number in (each.total, *points)]
        name, seconds = _inert(each.name), f"{each.seconds:.2f}"
        lines.writerow([name, WORDS[each.verdict], *numbers, *map(_inert, texts), seconds])
    return written.getvalue()


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    text = " ".join(clean(text).split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def junit(rows: Iterable[Row]) -> str:
    """Return the rows as JUnit's XML: one test for each submission."""
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", name="affine grade")
    for each in rows:
        seconds = f"{each.seconds:.3f}"
        test = ElementTree.SubElement(
            suite, "testcase", classname="affine", name=_legal(each.name), time=seconds
        )
        if each.verdict == "fail":
            said = [one["sentence"] or one["title"] for one in each.mistakes] or ["wrong"]
            failure = ElementTree.SubElement(test, "failure", message=_legal(said[0]))
            failure.text = _legal("\n".join(said))
        elif each.verdict == "error":
            ElementTree.SubElement(test, "error", message=_legal(each.reason))
    places = {"tests": "*", "failures": "*/failure", "errors": "*/error"}
    suite.attrib |= {name: str(len(suite.findall(place))) for name, place in places.items()}
    ElementTree.indent(suites)
    written: str = ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)
    return written + "\n"


_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _legal(text: str) -> str:
    return _ILLEGAL.sub("�", clean(text))
