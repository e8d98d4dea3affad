"""The command line: what it prints, where, and how it exits."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from jsonschema import Draft202012Validator

import affine
from affine.checker import cli, terminal
from affine.checker.report import Report
from affine.checker.report.record import schema
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS
from tests.checker.command_line import loaded_by, main, run
from tests.checker.report_factory import erring, failing, passing

REPORTS = {"pass": (passing(), 0), "fail": (failing(), 1), "error": (erring(), 2)}


# ------------------------------------------------------------------ affine check


@pytest.mark.parametrize("kind", REPORTS)
def test_the_exit_code_is_the_verdict(kind: str, tmp_path: Path) -> None:
    """0 held, 1 falsified, 2 not judged; the first line says the same, and so does JSON.

    That goes to a file beside the words, or to standard output instead of them.
    """
    report, code = REPORTS[kind]
    file = tmp_path / "report.json"
    ended = main("check", "mine.py", "--json", str(file), report=report)
    assert (ended.code, ended.err) == (code, "")
    assert ended.out.startswith(f"{kind.upper()} mine.py: ")
    instead = main("check", "mine.py", "--json", "-", report=report)
    assert instead.code == code
    assert instead.err.startswith(f"{kind.upper()} mine.py: ")
    for written in (file.read_text(encoding="utf-8"), instead.out):
        Draft202012Validator(schema()).validate(json.loads(written))


def test_options_reach_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each under the name that the runner and the worker give it."""
    received: dict[str, object] = {}

    def checked(target: str, **options: object) -> Report:
        received.update(options, target=target)
        return passing()

    monkeypatch.setattr(cli, "_checked", checked)
    only = ["--only", "dw_is_xt_dout", "--only", "dx_is_dout_wt"]
    options = ["--profile", "library", "--seed", "7", "--timeout", "2", "--budget", "9", *only]
    assert main("check", "a.py:Layer", "--reduction", "mean", *options).code == 0
    assert received == {
        "target": "a.py:Layer",
        "profile": "library",
        "seed": 7,
        "timeout": 2.0,
        "budget": 9.0,
        "only": ("dw_is_xt_dout", "dx_is_dout_wt"),
        "reduction": "mean",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'TARGET'. Name the file of a layer: affine check my_layer.py"),
        ([""], "'' names no file; name the file of a layer: affine check my_layer.py"),
        (["a\0.py"], r"'a\x00.py' names no file; name the file"),
        (["a.py", "--profile", "strict"], "'strict' is not one of"),
        (["a.py", "--seed", "-99999999999999999999"], "is not a seed; give a whole number"),
        (["a.py", "--seed", f"{2**63}"], "is not a seed; give a whole number from 0 to"),
        (["a.py", "--seed", "x"], "'x' is not a seed; give a whole number from 0 to"),
        (["a.py", "--timeout", "0"], "0 is not a time; give a number above 0, such as 10"),
        (["a.py", "--timeout", "-1"], "give a number above 0"),
        (["a.py", "--timeout", "nan"], "give a number above 0"),
        (["a.py", "--budget", "inf"], "give a number above 0"),
        (["a.py", "--budget", "long"], "'long' is not a valid float"),
        (["a.py", "--only", ""], "no property is called ''; `affine list` names them all"),
        (["a.py", "--only", "dw_is_xt_dou"], "did you mean dw_is_xt_dout?"),
        (["a.py", "--only", "zzz"], "`affine list` names them all"),
        (["a.py", "--json", "no/such/folder/report.json"], "there is no folder"),
        (["a.py", "--json", "/"], "/ is a folder; name a file: /report.json"),
        (["a.py", "--json", ""], "is a folder; name a file: report.json"),
        (["a.py", "--json", "a" * 300], "name another file"),
    ],
)
def test_a_wrong_option_is_no_verdict(arguments: list[str], message: str) -> None:
    """Exit code 2, what is wrong, and what was meant."""
    ended = main("check", *arguments, report=passing())
    assert ended.code == 2
    assert message in ended.err
    assert ended.err.endswith("`affine check --help` says what it takes\n")


def test_a_wrong_name_is_no_success() -> None:
    assert main().code == 2
    for arguments, message in {
        ("explain", "\x07"): r"nothing is called \x07",
        ("explain", "dww"): "nothing is called dww; did you mean dw?",
        ("explain", "zzz"): "`affine list`",
        ("lst",): "`affine --help` says what it takes",
        ("check", "a.py", "--seed"): "--help` says what it takes",
    }.items():
        ended = main(*arguments)
        assert ended.code == 2
        assert message in ended.err


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted: there is no verdict"),
        (ZeroDivisionError("\x1b[2J"), 2, r"ZeroDivisionError: \x1b[2J"),
        (ZeroDivisionError(), 2, "a fault of affine itself"),
        (SystemExit(1), 2, "a fault of affine itself"),
    ],
)
def test_only_a_verdict_exits_with_0_or_1(
    raised: BaseException, code: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither Ctrl-C nor a fault of this program reads as one."""

    def fails(target: str, **options: object) -> Report:
        raise raised

    monkeypatch.setattr(cli, "_checked", fails)
    ended = main("check", "mine.py")
    assert ended.code == code
    assert message in ended.err


def test_a_fault_is_told_where_the_import_of_a_library_is_the_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The words of a report need libraries too."""
    monkeypatch.setattr(cli, "_checked", None)
    monkeypatch.setitem(sys.modules, "affine.checker.report.words", None)
    ended = main("check", "mine.py")
    assert ended.code == 2
    assert "a fault of affine itself" in ended.err


def test_no_file_beside_the_layer_hides_a_library(tmp_path: Path) -> None:
    """`python -m` puts the folder of the caller first, where a file may be called array.py."""
    layer = """
        from array import product
        def forward(x, w, b): return product(x, w) + b
        def backward(dout, x, w):
            return product(dout, w.T), product(x.T, dout), dout.sum(axis=0)
    """
    files = {"layer.py": layer, "array.py": "def product(a, b): return a @ b"}
    for name, text in {**files, "random.py": "raise SystemExit(1)"}.items():
        (tmp_path / name).write_text(dedent(text), encoding="utf-8")
    run = [sys.executable, "-m", "affine", "check", "layer.py", "--only", "dw_is_xt_dout"]
    done = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr


def test_a_report_that_cannot_be_written_is_no_verdict() -> None:
    """A grader that waits for the file must not read a pass in the exit code."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    ended = main("check", "mine.py", "--json", "/dev/full", report=passing())
    assert ended.code == 2
    assert "cannot write /dev/full" in ended.err


def test_a_report_that_nobody_may_write_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the check, which takes its time."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    (tmp_path / "here").touch()
    for file in (tmp_path / "here", tmp_path / "new.json"):
        ended = main("check", "mine.py", "--json", str(file))
        assert ended.code == 2
        assert f"{file} cannot be written; name a file in another folder" in ended.err


def test_a_folder_is_not_a_target(tmp_path: Path) -> None:
    """It says so in one line, and names a file in it."""
    (tmp_path / "mine.py").touch()
    ended = main("check", str(tmp_path))
    assert (ended.code, ended.err) == (2, "")
    assert ended.out.startswith(f"ERROR {tmp_path}: is a folder; name one Python")


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
    assert ended.code == 0
    assert ended.out.startswith("PASS mine.py: 1 property held on ")
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"mine.py"}


def test_a_wrong_layer_is_reported_from_end_to_end(tmp_path: Path) -> None:
    """The file is loaded and judged; the report's code shows the mistake with NumPy alone."""
    source = WRONG_LAYERS / "db_averaged.py"
    (tmp_path / "my_layer.py").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    target = str(tmp_path / "my_layer.py")
    ended = run("check", target, "--only", "db_is_the_column_sum_of_dout", "--json", "-")
    assert ended.code == 1
    assert ended.err.startswith(f"FAIL {target}: averaged over the batch (db)")
    written = json.loads(ended.out)
    Draft202012Validator(schema()).validate(written)
    code = written["properties"][0]["counterexample"]["snippet"]
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert printed.returncode == 1
    assert "AssertionError: \nArrays are not equal" in printed.stderr
    assert printed.stderr.index("array([0.5])") < printed.stderr.index("array([1.])")


# ------------------------------------------------------------------ processes and terminals


def test_help_has_examples_and_imports_little() -> None:
    """Each command shows how it is called; help is there at once."""
    for command in ("check", "list", "explain"):
        ended = main(command, "--help")
        assert ended.code == 0
        assert f"  affine {command}" in ended.out.partition("Examples:")[2]
    heavy = {"hypothesis", "rich", "affine.checker.report", "affine.checker.run"}
    assert not loaded_by("check", "--help") & heavy
    # Hypothesis is slow to import, and nothing is searched.
    assert "hypothesis" not in loaded_by("explain", "dw")
    assert main("--version").out.strip() == f"affine, version {affine.__version__}"


@pytest.mark.parametrize(
    ("arguments", "code", "unbuffered"),
    [
        (["list"], 0, "1"),
        (["--help"], 0, ""),
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
def test_colour_is_for_terminals(environment: dict[str, str], coloured: bool) -> None:
    """A log gets none, unless it asks."""
    assert ("\x1b[" in main("explain", "dw", **environment).out) == coloured


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
    printed = os.read(outer, 10**5).decode()
    os.close(outer)
    assert "checking mine.py: search 3/40" in printed
    with cli._progress("mine.py") as progress:  # here standard error is not a terminal
        progress("search", 3, 40)
    assert capsys.readouterr() == ("", "")
