"""The command line: what it prints, where, and how it exits."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import affine
from affine.checker import cli, terminal
from affine.checker.report import Finding, Outcome, Report
from affine.checker.report.record import schema
from affine.layer import Case, Operands
from affine.oracle import Violation
from docs.site_builder.suite.kill_matrix import WRONG_LAYERS
from tests.checker.command_line import loaded_by, main, run

HELD = Report("mine.py", outcomes=(Outcome("dw_is_xt_dout", "held", 60, 0.1),))


def _failing() -> Report:
    one = np.ones((1, 1))
    point = Operands(one, one, np.ones(1), one)
    error = Violation("dw[0, 0] = 2.0, but should be 1", "dw", 2 * one, one)
    outcome = Outcome("dw_is_xt_dout", "falsified", 3, 0.1, Case(point, point), error)
    return Report("mine.py", outcomes=(outcome,), findings=(Finding((outcome,)),))


REPORTS = {
    "pass": (HELD, 0),
    "fail": (_failing(), 1),
    "error": (Report("mine.py", error_message="no file mine.py; give the path of a file"), 2),
}


# ------------------------------------------------------------------ affine check


@pytest.mark.parametrize("kind", REPORTS)
def test_the_exit_code_is_the_verdict(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 held, 1 falsified, 2 not judged; the first line says the same."""
    report, code = REPORTS[kind]
    monkeypatch.setattr(cli, "_checked", lambda target, **chosen: report)
    assert main(monkeypatch, "check", "mine.py") == code
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{kind.upper()} mine.py: ")
    assert printed.err == ""


def test_options_reach_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each under the name that the runner and the worker give it."""
    seen: dict[str, object] = {}

    def checked(target: str, **chosen: object) -> Report:
        seen.update(chosen, target=target)
        return HELD

    monkeypatch.setattr(cli, "_checked", checked)
    only = ["--only", "dw_is_xt_dout", "--only", "dx_is_dout_wt"]
    options = ["--profile", "library", "--seed", "7", "--timeout", "2", "--budget", "9", *only]
    assert main(monkeypatch, "check", "a.py:Layer", "--reduction", "mean", *options) == 0
    assert seen == {
        "target": "a.py:Layer",
        "profile": "library",
        "seed": 7,
        "timeout": 2.0,
        "budget": 9.0,
        "only": ("dw_is_xt_dout", "dx_is_dout_wt"),
        "reduction": "mean",
    }


@pytest.mark.parametrize("kind", REPORTS)
def test_json_goes_where_it_is_sent(
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """A file beside the words, or standard output instead of them."""
    report, code = REPORTS[kind]
    monkeypatch.setattr(cli, "_checked", lambda target, **chosen: report)
    file = tmp_path / "report.json"
    assert main(monkeypatch, "check", "mine.py", "--json", str(file)) == code
    assert capsys.readouterr().out.startswith(kind.upper())
    assert main(monkeypatch, "check", "mine.py", "--json", "-") == code
    printed = capsys.readouterr()
    assert printed.err.startswith(kind.upper())
    for written in (file.read_text(encoding="utf-8"), printed.out):
        Draft202012Validator(schema()).validate(json.loads(written))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "Missing argument 'TARGET'"),
        (["check", "a.py", "--profile", "strict"], "'strict' is not one of"),
        (["check", ""], "'' names no file; name the file of a layer: affine check my_layer.py"),
        (["check", "a\0.py"], r"'a\x00.py' names no file; name the file"),
        (["check"], "Name the file of a layer: affine check my_layer.py"),
        (["check", "a.py", "--seed", "-99999999999999999999"], "is not in the range 0<=x<="),
        (["check", "a.py", "--seed", f"{2**63}"], "is not in the range 0<=x<="),
        (["check", "a.py", "--timeout", "0"], "0 is not a time; give a number above 0, such as 10"),
        (["check", "a.py", "--timeout", "-1"], "give a number above 0"),
        (["check", "a.py", "--timeout", "nan"], "give a number above 0"),
        (["check", "a.py", "--budget", "inf"], "give a number above 0"),
        (["check", "a.py", "--budget", "long"], "'long' is not a valid float"),
        (["check", "a.py", "--only", ""], "no property is called ''; `affine list` names them all"),
        (["check", "a.py", "--only", "dw_is_xt_dou"], "did you mean dw_is_xt_dout?"),
        (["check", "a.py", "--only", "zzz"], "`affine list` names them all"),
        (["check", "a.py", "--json", "no/such/folder/report.json"], "there is no folder"),
        (["check", "a.py", "--json", "/"], "/ is a folder; name a file: /report.json"),
        (["check", "a.py", "--json", ""], "is a folder; name a file: report.json"),
        (["check", "a.py", "--json", "a" * 300], "name another file"),
        (["explain", "\x07"], r"nothing is called \x07"),
        (["explain", "dww"], "nothing is called dww; did you mean dw?"),
        (["explain", "zzz"], "`affine list`"),
        (["lst"], "No such command"),
    ],
)
def test_a_wrong_call_is_no_verdict(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, what is wrong, and what was meant."""
    assert main(monkeypatch, *arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted: there is no verdict"),
        (ZeroDivisionError("\x1b[2J"), 2, r"ZeroDivisionError: \x1b[2J"),
        (ZeroDivisionError(), 2, "a fault of affine itself"),
    ],
)
def test_only_a_verdict_exits_with_0_or_1(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither Ctrl-C nor a fault of this program reads as one."""

    def fails(target: str, **chosen: object) -> Report:
        raise raised

    monkeypatch.setattr(cli, "_checked", fails)
    assert main(monkeypatch, "check", "mine.py") == code
    assert said in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A grader that waits for the file must not read a pass in the exit code."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    monkeypatch.setattr(cli, "_checked", lambda target, **chosen: HELD)
    assert main(monkeypatch, "check", "mine.py", "--json", "/dev/full") == 2
    assert "cannot write /dev/full" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["here", "in"])
def test_a_report_that_nobody_may_write_is_refused_at_once(
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before the check, which takes its time."""
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path / place)
    (tmp_path / "here").touch()
    (tmp_path / "in").mkdir()
    file = tmp_path / ("here" if place == "here" else "in/report.json")
    assert main(monkeypatch, "check", "mine.py", "--json", str(file)) == 2
    assert f"{file} cannot be written; name a file in another folder" in capsys.readouterr().err


def test_a_folder_is_not_a_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so in one line, and names a file in it."""
    (tmp_path / "mine.py").touch()
    assert main(monkeypatch, "check", str(tmp_path)) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith(f"ERROR {tmp_path}: {tmp_path} is a folder; name one Python")
    assert printed.err == ""


def test_a_right_layer_passes_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis would keep the constants that it has read in a folder beside the layer."""
    monkeypatch.chdir(tmp_path)
    package = str(Path(affine.__file__).parents[1])
    (tmp_path / "mine.py").write_text(
        "def forward(x, w, b): return x @ w + b\n"
        "def backward(dout, x, w): return dout @ w.T, x.T @ dout, dout.sum(0)\n"
    )
    ended = run("check", "mine.py", "--only", "dw_is_xt_dout", PYTHONPATH=package)
    assert ended.returncode == 0
    assert ended.stdout.startswith("PASS mine.py: 1 property held on ")
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"mine.py"}


def test_a_wrong_layer_is_reported_from_end_to_end(tmp_path: Path) -> None:
    """The file is loaded and judged; the report's code shows the mistake with NumPy alone."""
    source = WRONG_LAYERS / "db_averaged.py"
    (tmp_path / "my_layer.py").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    target = str(tmp_path / "my_layer.py")
    ended = run("check", target, "--only", "db_is_the_column_sum_of_dout", "--json", "-")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"FAIL {target}: averaged over the batch (db)")
    written = json.loads(ended.stdout)
    Draft202012Validator(schema()).validate(written)
    code = written["properties"][0]["counterexample"]["snippet"]
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert shown.stdout == "got array([0.5])\nexpected array([1.])\n"


# ------------------------------------------------------------------ processes and terminals


def test_help_has_examples_and_imports_little(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command shows how it is called; help is there at once."""
    for command in ("check", "list", "explain"):
        assert main(monkeypatch, command, "--help") == 0
        assert f"  affine {command}" in capsys.readouterr().out.partition("Examples:")[2]
    assert not loaded_by("check", "--help") & {
        "hypothesis",
        "rich",
        "affine.checker.report",
        "affine.checker.run",
    }


def test_explain_never_loads_hypothesis() -> None:
    """It is slow to import, and nothing is searched."""
    assert "hypothesis" not in loaded_by("explain", "dw")


def test_the_version_is_that_of_the_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`affine --version` and `affine.__version__` are one."""
    assert main(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.strip() == f"affine, version {affine.__version__}"


@pytest.mark.parametrize(
    ("arguments", "code", "unbuffered"),
    [
        (["list"], 0, "1"),
        (["--help"], 0, ""),
        (["check", "--help"], 0, "1"),
        (["check", "no_such_file.py"], 2, ""),
        (["check", "no_such_file.py", "--json", "-"], 2, "1"),
    ],
)
def test_a_reader_that_goes_away_is_no_error(
    arguments: list[str], code: int, unbuffered: str
) -> None:
    """`affine list | head -1` neither fails nor prints a traceback; the verdict stays."""
    reads, writes = os.pipe()
    os.close(reads)
    ended = subprocess.run(
        [sys.executable, "-m", "affine", *arguments],
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    os.close(writes)
    assert ended.returncode == code
    summary = ["ERROR no_such_file.py: no file no_such_file.py"] if "--json" in arguments else []
    assert [line.partition(";")[0] for line in ended.stderr.splitlines()] == summary


@pytest.mark.parametrize(
    ("call", "code"), [("list >&-", 0), ("list >/dev/full", 2), ("explain zzz 2>&-", 2)]
)
def test_output_that_goes_nowhere_is_no_fault(call: str, code: int) -> None:
    """Neither a stream that is closed from the start nor a full disk."""
    command = f"{sys.executable} -m affine {call}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1", "TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False)],
)
def test_colour_is_for_terminals(
    environment: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A log gets none, unless it asks."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(monkeypatch, "explain", "dw") == 0
    assert ("\x1b[" in capsys.readouterr().out) == coloured


def test_a_terminal_that_knows_only_ascii_gets_its_text() -> None:
    """A question mark in place of a sign, and no traceback."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    terminal.write("dW = Xᵀ · dout", stream)
    assert stream.buffer.getvalue() == b"dW = X? ? dout"  # type: ignore[attr-defined]


def test_progress_is_shown_on_a_terminal_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Only once it takes a while, and it leaves nothing behind; a log stays clean."""
    code = (
        "import sys, time\nfrom affine.checker import cli\ncli._QUIET_SECONDS = 0.05\n"
        "with cli._progress('mine.py') as progress:\n"
        "    progress('search', 3, 40); time.sleep(0.4); progress('search', 4, 40)\n"
    )
    pty = pytest.importorskip("pty", reason="a matter of POSIX")
    outer, inner = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    subprocess.run([sys.executable, "-c", code], stderr=inner, check=True, env=environment)
    os.close(inner)
    shown = os.read(outer, 10**5).decode()
    os.close(outer)
    assert "checking mine.py: search 3/40" in shown
    with cli._progress("mine.py") as progress:  # in this process, standard error is not a terminal
        progress("search", 3, 40)
    assert capsys.readouterr() == ("", "")
