"""`affine check` as a whole process, on targets that hang, crash, lie, print and exit."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
import pytest

from tests.checker.hostile_targets import HOSTILE, NOISY

# No verdict: they do not load, or the check could not be done.
UNDECIDED = {
    "exits_at_import",
    "floods_every_descriptor_from_import",
    "missing_function",
    "syntax_error",
}
# A process of the same user can end the check: then there is no verdict either.
ENDED = {
    "sends_its_parent_sigint": 130,
    "sends_its_parent_sigkill": -9,
    "sends_its_parent_sigterm": 143,
}
# What they need in words: the options, and what is left of their processes.
WITH_A_REPORT = {
    "makes_the_report_a_pipe", "rewrites_the_report_after_the_end", "rewrites_the_report_in_a_call",
}  # fmt: skip
# One of each kind: these run unless all are asked for.
SAMPLE = {
    "crashes", "exits_at_import", "leaves_a_daemon_behind", "loops_in_a_call",
    "prints_control_signs", "rewrites_the_report_in_a_call", "sends_its_parent_sigterm",
    "writes_an_answer_to_every_descriptor",
}  # fmt: skip
PRINTING = {
    "prints_50_megabytes", "prints_control_signs", "prints_to_stderr", "runs_a_demo_at_import",
}  # fmt: skip
BUDGET, GRACE = 6.0, 5.0


def targets(sources: dict[str, str]) -> list[Any]:
    rare, long = pytest.mark.exhaustive, pytest.mark.long
    return [
        name if name in SAMPLE else pytest.param(name, marks=[rare, long] if number % 4 else [rare])
        for number, name in enumerate(sorted(sources))
    ]


RUN = {"AFFINE_TEST_RUN": str(os.getpid())}


def checked(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "affine", "check", str(path), "--budget", f"{BUDGET:g}"]
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, errors="replace", timeout=120,
        cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, env=os.environ | RUN,
    )  # fmt: skip


def left_behind() -> Iterator[str]:
    """Yield what the targets that were checked here have left running."""
    for one in psutil.process_iter(["environ", "cmdline"]):
        if RUN.items() <= (one.info["environ"] or {}).items():
            yield " ".join(one.info["cmdline"] or [])


@pytest.fixture
def path(name: str, tmp_path: Path) -> Path:
    """Write the target of that name into a file."""
    path = tmp_path / f"{name}.py"
    path.write_text((HOSTILE | NOISY)[name], encoding="utf-8")
    return path


@pytest.mark.parametrize("name", targets(HOSTILE))
def test_a_hostile_target_never_passes(name: str, path: Path, tmp_path: Path) -> None:
    """It is falsified, or there is no verdict; the checker stays whole, in time, and alone."""
    start = perf_counter()
    # Two calls that hang are waited for, for as long as one may take.
    timeout = "0.3" if name.startswith("loops") else "2"
    report = ["--json", str(tmp_path / "report.json")] if name in WITH_A_REPORT else []
    done = checked(path, "--timeout", timeout, *report)
    seconds = perf_counter() - start
    word, code = ("ERROR", 2) if name in UNDECIDED else ("FAIL", 1)
    assert done.returncode == ENDED.get(name, code), done.stdout + done.stderr
    if name not in ENDED:
        assert done.stdout.splitlines()[0].startswith(f"{word} {path}: ")
    assert "Traceback" not in done.stdout + done.stderr
    assert not re.search(r"^\s*PASS", done.stdout + done.stderr, re.MULTILINE)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.stdout)
    assert not re.search(r"^\s*::|##\[", done.stdout, re.MULTILINE)
    assert len(done.stdout) < 20_000
    assert seconds < BUDGET + GRACE
    assert list(left_behind()) == []
    if name == "loops_in_a_call":  # twice, and then the rest is not run
        assert "no answer in this call within 0.3 s" in done.stdout
        assert seconds < BUDGET
    if report:
        assert '"verdict": "fail"' in (tmp_path / "report.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", targets(NOISY))
def test_a_noisy_target_passes_with_a_report_to_read(name: str, path: Path) -> None:
    """Whatever it prints and warns, the report is a page, and begins with the verdict."""
    # A slow one needs a hundred calls to be judged at all; one property shows that it passes.
    done = checked(path, *(["--only", "dw_is_xt_dout"] if name == "is_slow" else []))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"PASS {path}: ")
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) < 60
    assert max(map(len, done.stdout.splitlines())) < 200
    # Not the megabytes: the last line.
    assert done.stdout.count("the target printed something") == (name in PRINTING)
    assert list(left_behind()) == []


def test_a_call_that_the_budget_ends_is_no_hang(tmp_path: Path) -> None:
    """It was not given its time limit, so nothing is said against the layer."""
    target = tmp_path / "sleeps.py"
    target.write_text(
        "import time\n\ndef forward(x, w, b):\n    time.sleep(60)\n\n"
        "def backward(dout, x, w):\n    return dout @ w.T, x.T @ dout, dout.sum(axis=0)\n"
    )
    start = perf_counter()
    done = checked(target, "--budget", "1", "--timeout", "100")
    assert done.returncode == 2, done.stdout
    assert "the budget ran out while it was read" in done.stdout
    assert perf_counter() - start < 1 + GRACE


@pytest.mark.exhaustive
def test_a_layer_that_grows_slower_ends_in_time(tmp_path: Path) -> None:
    """It adds up whatever it was ever given, in a default argument."""
    target = tmp_path / "keeps_all.py"
    target.write_text(
        "def forward(x, w, b):\n    return x @ w + b\n\n"
        "def backward(dout, x, w, seen=[]):\n    seen.append((x.copy(), dout.copy()))\n"
        "    like = x.shape, dout.shape\n"
        "    alike = [a.T @ b for a, b in seen * 20 if (a.shape, b.shape) == like]\n"
        "    return dout @ w.T, sum(alike) / 20, dout.sum(axis=0)\n"
    )
    start = perf_counter()
    assert checked(target).returncode == 1
    assert perf_counter() - start < BUDGET + GRACE
