"""Text of the target, which may hold anything, is only read: by a terminal, a log, a CI."""

import json
import re
import time
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from affine.checker.diagnosis import Diagnosis
from affine.checker.exceptions import cut
from affine.checker.report import Finding, Outcome, Report, Reproduction, Step
from affine.checker.report.record import dumps, schema
from affine.checker.report.snippet import snippet
from affine.checker.report.text import text, verdict
from affine.checker.report.words import clean, describe, escaped
from tests.checker.command_line import main
from tests.checker.report_factory import averaged, erring, failing, falsified, passing

ACTING = (
    "\x1b[31mred \x1b]0;title\x07 \x9b2J \x7f\b\r \u202eleft\u2066 \u2028\udc80 [bold]markup[/bold]"
    "\n::error file=a.py::no\n \t::set-output name=a::b ##[error]no ##vso[task.complete]no"
)
SHOWN = (
    r"\x1b[31mred \x1b]0;title\x07 \x9b2J \x7f\x08\r \u202eleft\u2066 \u2028\udc80 "
    r"[bold]markup[/bold]"
)


ACTS = re.compile(
    r"^\s*::|##\w*\[|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]",
    re.MULTILINE,
)


class Hostile(Exception):
    """An exception of the target that is named as it wants, and looks like a finding."""

    quantity: object = []
    got = expected = sizes = object()


def hostile(said: str, verdict: str = "fail") -> Report:
    """A report in which every text of the target is that one."""
    Hostile.__name__ = said.replace("\udc80", "")  # which Python refuses
    outcomes = (
        Outcome("dx_is_dout_wt", "held", 1),
        Outcome("jvp_is_half_the_central_difference", "not_observable", reason=said),
    )
    failed = falsified(Hostile(said))
    other = Outcome("x", "error", reason=said)
    steps = (Step("search", said),)
    versions = {"python": said}
    report = Report(said, form=said, notes=(said,), steps=steps, versions=versions)
    if verdict == "pass":
        return replace(report, outcomes=outcomes)
    if verdict == "error":
        return replace(report, outcomes=(*outcomes, other), error_message=said)
    code = Reproduction(f"# {cut(said)}", said.replace("\0", ""), was_run=True)
    finding = Finding((failed,), Diagnosis(("dw",), None, said), code)
    none = Finding((failed,), reproduction=Reproduction(why_none=said))
    return replace(report, outcomes=(failed, *outcomes), findings=(finding, none))


def is_harmless(printed: str) -> bool:
    """Whether nothing in it acts on a terminal or on a CI."""
    return ACTS.search(printed) is None and "\udc80" not in printed


@pytest.mark.parametrize("kind", ["pass", "fail", "error"])
@pytest.mark.parametrize("width", [20, 80, 120])
def test_no_report_acts(kind: str, width: int) -> None:
    """At any width: a line that is wrapped must not begin a command either."""
    report = hostile(ACTING, kind)
    assert is_harmless(text(report, width=width, verbose=True))
    assert is_harmless(verdict(report))
    assert "\n" not in verdict(report)


def test_every_place_at_which_a_text_is_wrapped_is_harmless() -> None:
    """The command moves through the width of the column."""
    for start in range(90):
        note = "a" * start + "::error::no " + "b" * 40
        assert is_harmless(text(replace(passing(), notes=(note, f"{'a ' * start}::error::"))))


def test_escapes_stay_visible() -> None:
    """A reader sees what there was, and code in brackets is not taken for markup."""
    assert SHOWN in text(Report("mine.py", error_message=ACTING))
    said = text(Report("mine.py", error_message="no\n[red]x[/red] :smile:"))
    assert said.endswith("[red]x[/red] :smile:")
    assert clean("\udc80 half a character") == r"\udc80 half a character"


@pytest.mark.parametrize("kind", ["pass", "fail", "error"])
def test_json_is_true_and_does_not_act(kind: str) -> None:
    """A reader gets the text as it was; what is printed is escaped."""
    written = dumps(hostile(ACTING, kind))
    assert is_harmless(written)
    back = json.loads(written)
    Draft202012Validator(schema()).validate(back)
    assert back["target"] == back["remarks"][0] == back["form"] == ACTING


def test_the_command_prints_nothing_that_acts() -> None:
    """On standard output, and in the summary on standard error."""
    for options in (["--verbose"], ["--json", "-"]):
        ended = main("check", "mine.py", *options, report=hostile(ACTING))
        assert ended.code == 1
        assert is_harmless(ended.out)
        assert is_harmless(ended.err)
        assert ended.err.count("\n") == ("--json" in options)


@pytest.mark.parametrize("kind", ["pass", "fail", "error"])
def test_megabytes_are_cut_at_once(kind: str) -> None:
    """And the text says how much is left out."""
    report = hostile("x" * 5_000_000, kind)
    start = time.perf_counter()
    said, written = text(report, verbose=True), dumps(report)
    assert time.perf_counter() - start < 1
    assert max(len(said), len(written)) < 100_000
    left_out = "(4,998,000 more characters)"
    assert left_out in " ".join(said.split())
    assert left_out in written


def test_code_is_shown_whole_or_not_at_all() -> None:
    """Half a name in it would be another name."""
    said = snippet(averaged(), f"from mine import {'x' * 5_000_000} as vjp")
    assert "from mine" not in said
    assert "# vjp(x, w, b) -> (out, pullback) is the layer under test" in said


def test_an_exception_that_cannot_be_shown_is_said_to_be_one() -> None:
    """Also in the process of the check, where it is not text yet."""

    class Silent(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert describe(Silent()) == "Silent: its message cannot be shown"
    assert dumps(Report("mine.py", outcomes=(falsified(Silent()),)))


def test_text_that_is_escaped_stays_as_it_is() -> None:
    """So it does not matter how often that is done."""
    for said in (ACTING, *map(text, (passing(), failing(), erring())), averaged().name):
        assert escaped(escaped(said)) == escaped(said)
    assert clean("dW = Xᵀ · dout, x[::2], a::b, ∂\t1") == "dW = Xᵀ · dout, x[::2], a::b, ∂\t1"
