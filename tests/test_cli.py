"""The command line: what it prints, where, and how it exits."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import affine
from affine import cli
from affine.equations import EQUATIONS
from affine.layer import Case, Operands
from affine.mistakes import MISTAKES
from affine.oracle import Violation
from affine.properties import PROPERTIES
from affine.report import Finding, Outcome, Report
from affine.report.record import schema

HELD = Report("mine.py", outcomes=(Outcome("dw_is_xt_dout", "held", 60, 0.1),))
_PLAIN = {name: os.environ[name] for name in os.environ if name not in ("NO_COLOR", "FORCE_COLOR")}
COMMANDS = ("check", "list", "explain")


def _failing() -> Report:
    one = np.ones((1, 1))
    point = Operands(one, one, np.ones(1), one)
    error = Violation("dw[0, 0] = 2.0, but should be 1", "dw", 2 * one, one)
    outcome = Outcome("dw_is_xt_dout", "falsified", 3, 0.1, Case(point, point), error)
    return Report("mine.py", outcomes=(outcome,), findings=(Finding((outcome,)),))


REPORTS = {
    "pass": (HELD, 0),
    "fail": (_failing(), 1),
    "error": (Report("mine.py", trouble="no file mine.py; give the path of a file"), 2),
}


def _main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["affine", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "affine", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**_PLAIN, **environment},
    )


def _loaded_by(*arguments: str) -> set[str]:
    """Return the modules that a command has imported at its end."""
    code = (
        f"import sys; sys.argv = ['affine', *{arguments}]\nfrom affine import cli\n"
        "try: cli.main()\nfinally: print(*sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ended.stdout.splitlines()[-1].split())


# ------------------------------------------------------------------ affine check


@pytest.mark.parametrize("kind", REPORTS)
def test_the_exit_code_is_the_verdict(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 held, 1 falsified, 2 not judged; the first line says the same."""
    report, code = REPORTS[kind]
    monkeypatch.setattr(cli, "_checked", lambda target, **chosen: report)
    assert _main(monkeypatch, "check", "mine.py") == code
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
    assert _main(monkeypatch, "check", "a.py:Layer", "--reduction", "mean", *options) == 0
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
    assert _main(monkeypatch, "check", "mine.py", "--json", str(file)) == code
    assert capsys.readouterr().out.startswith(kind.upper())
    assert _main(monkeypatch, "check", "mine.py", "--json", "-") == code
    printed = capsys.readouterr()
    assert printed.err.startswith(kind.upper())
    for written in (file.read_text(encoding="utf-8"), printed.out):
        Draft202012Validator(schema()).validate(json.loads(written))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "Missing argument 'TARGET'"),
        (["check", "a.py", "--profile", "strict"], "'strict' is not one of"),
        (["check", "a.py", "--timeout", "0"], "0.0 is not in the range"),
        (["check", "a.py", "--only", "dw_is_xt_dou"], "did you mean dw_is_xt_dout?"),
        (["check", "a.py", "--only", "zzz"], "`affine list` names them all"),
        (["check", "a.py", "--json", "no/such/folder/report.json"], "there is no folder"),
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
    assert _main(monkeypatch, *arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [(KeyboardInterrupt(), 130, "interrupted"), (ZeroDivisionError(), 2, "a fault of affine")],
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
    assert _main(monkeypatch, "check", "mine.py") == code
    assert said in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A grader that waits for the file must not read a pass in the exit code."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    monkeypatch.setattr(cli, "_checked", lambda target, **chosen: HELD)
    assert _main(monkeypatch, "check", "mine.py", "--json", "/dev/full") == 2
    assert "cannot write /dev/full" in capsys.readouterr().err


# ------------------------------------------------------------------ affine list, affine explain


def test_list_names_every_property(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each on a line of its own, at any width."""
    assert _main(monkeypatch, "list") == 0
    lines = [line.split("[")[0].strip() for line in capsys.readouterr().out.splitlines()]
    assert set(PROPERTIES) <= set(lines)


def test_list_shows_one_profile(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what the profile adds."""
    assert _main(monkeypatch, "list", "--profile", "library") == 0
    printed = capsys.readouterr().out
    for name, found in PROPERTIES.items():
        assert (f"  {name}  [library]" in printed) == (found.profile == "library")


@pytest.mark.parametrize("name", [*EQUATIONS, *PROPERTIES, *MISTAKES])
def test_everything_can_be_explained(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every tag, every property and every known mistake."""
    assert _main(monkeypatch, "explain", name) == 0
    assert name in capsys.readouterr().out.splitlines()[0]


def test_an_equation_is_explained_from_shapes_to_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader learns to read it, to compute it, and to test it."""
    assert _main(monkeypatch, "explain", "(dW)") == 0
    printed = capsys.readouterr().out
    for part in ("dW = Xᵀ · dout", r"X^\top \cdot", "dW D×M", "dw=x.T @ dout", "dw_is_xt_dout"):
        assert part in printed


# ------------------------------------------------------------------ processes and terminals


def test_help_has_examples_and_imports_little() -> None:
    """Each command shows how it is called; help is there at once."""
    for command in COMMANDS:
        printed = _run(command, "--help").stdout
        assert f"  affine {command}" in printed.partition("Examples:")[2]
    assert not _loaded_by("check", "--help") & {"hypothesis", "rich", "affine.runner"}


def test_explain_never_loads_hypothesis() -> None:
    """It is slow to import, and nothing is searched."""
    assert "hypothesis" not in _loaded_by("explain", "dw")


def test_the_version_is_that_of_the_package() -> None:
    """`affine --version` and `affine.__version__` are one."""
    assert _run("--version").stdout.strip() == f"affine, version {affine.__version__}"


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`affine list | head -1` neither fails nor prints a traceback."""
    command = f"{sys.executable} -m affine list | head -1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "0"
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False)],
)
def test_colour_is_for_terminals(environment: dict[str, str], coloured: bool) -> None:
    """A log gets none, unless it asks."""
    assert ("\x1b[" in _run("explain", "dw", **environment).stdout) == coloured


def test_a_terminal_that_knows_only_ascii_gets_its_text() -> None:
    """A question mark in place of a sign, and no traceback."""
    ended = _run("explain", "dw", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ended.returncode == 0
    assert "dW = X? ? dout" in ended.stdout


def test_progress_is_shown_on_a_terminal_alone() -> None:
    """Only once it takes a while, and it leaves nothing behind; a log stays clean."""
    code = (
        "import sys, time\nfrom affine import cli\ncli._QUIET_SECONDS = 0.05\n"
        "with cli._progress('mine.py') as progress:\n"
        "    progress('search', 3, 40); time.sleep(0.4); progress('search', 4, 40)\n"
    )
    outer, inner = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    subprocess.run([sys.executable, "-c", code], stderr=inner, check=True, env=environment)
    os.close(inner)
    shown = os.read(outer, 10**5).decode()
    os.close(outer)
    assert "checking mine.py: search 3/40" in shown
    logged = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert logged.stdout == logged.stderr == b""
