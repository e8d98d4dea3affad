"""`affine check` as a whole process, on targets that hang, crash, lie, print and exit."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

FOLDER = Path(__file__).parent
UNLOADABLE = {
    "exits_at_import",
    "exits_politely_at_import",
    "import_error",
    "loops_at_import",
    "missing_function",
    "syntax_error",
}
# Each needs a hundred calls to be judged at all; two properties are enough to see it pass.
SLOW = {"is_slow"}


def targets(folder: str) -> list[Path]:
    return [path for path in sorted((FOLDER / folder).glob("*.py")) if path.stem != "conftest"]


def checked(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "affine", "check", str(path), *options]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=120, cwd=FOLDER.parent
    )


@pytest.mark.parametrize("path", targets("hostile"), ids=lambda path: path.stem)
def test_a_hostile_target_never_passes(path: Path) -> None:
    """It is falsified, or refused where it does not load; and the checker stays whole."""
    start = perf_counter()
    # Each call that hangs costs the time limit, and half a dozen are waited for.
    timeout = "0.3" if path.stem.startswith("loops") else "2"
    done = checked(path, "--timeout", timeout, "--budget", "6")
    seconds = perf_counter() - start
    word, code = ("ERROR", 2) if path.stem in UNLOADABLE else ("FAIL", 1)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout.splitlines()[0].startswith(f"{word} {path}: ")
    assert "Traceback" not in done.stdout + done.stderr
    assert "PASS" not in done.stdout + done.stderr
    assert len(done.stdout) < 4000
    assert seconds < 60


@pytest.mark.parametrize("path", targets("noisy"), ids=lambda path: path.stem)
def test_a_noisy_target_passes_with_a_report_to_read(path: Path) -> None:
    """Whatever it prints and warns, the report is a page, and begins with the verdict."""
    names = ("dw_is_xt_dout", "memory_layout_does_not_matter") if path.stem in SLOW else ()
    chosen = [option for name in names for option in ("--only", name)]
    done = checked(path, "--budget", "6", *chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"PASS {path}: ")
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) < 60
    assert max(map(len, done.stdout.splitlines())) < 200


def test_what_a_target_prints_is_one_remark() -> None:
    """Not the megabytes: its last line."""
    done = checked(FOLDER / "noisy" / "prints_to_stderr.py", "--budget", "6")
    assert done.stdout.count("the target printed something") == 1


def test_a_loop_costs_a_few_time_limits_and_no_more() -> None:
    """Then the rest is not run, and the verdict stands."""
    start = perf_counter()
    done = checked(FOLDER / "hostile" / "loops_in_a_call.py", "--timeout", "0.2", "--budget", "6")
    assert done.returncode == 1
    assert "no answer in this call within 0.2 s" in done.stdout
    assert perf_counter() - start < 60
