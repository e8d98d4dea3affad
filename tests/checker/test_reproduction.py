"""The code that a report prints shows the failure: it was run before, and is run here once more."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest

from affine.checker import check, reproduction
from affine.checker.clock import Clock
from affine.checker.process.worker import Worker
from affine.checker.report import Finding, Outcome, Reproduction
from affine.checker.report.snippet import REPLAYS
from affine.checker.report.text import text
from affine.checker.reproduction import reproducer
from affine.layer import Array, Layer, WorkerDied
from affine.oracle import Violation
from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, first_line, frameworks
from tests.checker.command_line import main, run
from tests.checker.hostile_targets import HOSTILE
from tests.checker.report_factory import averaged, falsified
from tests.conftest import sampled

# What they do depends on the calls before, or on what the process is: the report says so.
WITHOUT_CODE = {"wrong_after_hundreds_of_calls"}
# They look at the program that started them; or change what is said, on its way.
NOT_TWICE = {
    "makes_the_report_a_pipe", "points_outside_on_the_way", "rewrites_the_report_in_a_call",
    "rewrites_the_report_after_the_end",
}  # fmt: skip
PATHS = sorted(WRONG_LAYERS.glob("*.py"))


def findings_of(written: str) -> list[Mapping[str, Any]]:
    """Return the findings of a record; of each code or a reason stands there, never both."""
    found: list[Mapping[str, Any]] = json.loads(written)["findings"]
    assert all(bool(each["reproduction"]) != bool(each["no_reproduction"]) for each in found)
    return found


def assert_shown(code: str, folder: Path) -> None:
    """Run code as somebody would who copied it from a report; it must not end at its end."""
    command = [sys.executable, "-c", code]
    try:
        ended = subprocess.run(command, cwd=folder, capture_output=True, timeout=10)
    except subprocess.TimeoutExpired:
        return
    said = (ended.stdout + ended.stderr).decode(errors="replace")
    if "does not come here" in code:
        assert "every call returned" not in said.splitlines(), code
    else:
        assert ended.returncode != 0, code
        assert "AssertionError" in said, f"{code}\n{said}"


@pytest.mark.parametrize("path", sampled(PATHS, 48, 24), ids=lambda path: path.stem)
def test_the_reproductions_of_a_wrong_layer_show_its_mistakes(path: Path) -> None:
    for framework in frameworks(path):
        pytest.importorskip(framework)
    tested = PROPERTIES[first_line(path)[0]]
    ended = main("check", str(path), "--only", tested.name, "--json", "-")
    assert ended.code == 1
    for found in findings_of(ended.out):
        if found["reproduction"]:
            assert_shown(found["reproduction"], path.parent)
    is_plain = tested.name in REPLAYS or not tested.needs
    if is_plain and not frameworks(path) and path.stem not in WITHOUT_CODE:
        assert all(found["reproduction"] for found in findings_of(ended.out)), ended.out


@pytest.mark.parametrize("name", sampled(sorted(HOSTILE), len(HOSTILE), 20))
def test_the_reproductions_of_a_hostile_target_show_its_mistakes(name: str, tmp_path: Path) -> None:
    """Or none is printed, and the report says why."""
    path = tmp_path / f"{name}.py"
    path.write_text(HOSTILE[name], encoding="utf-8")
    ended = run(
        "check", str(path), "--budget", "6", "--timeout", "0.3", "--json", str(tmp_path / "report")
    )
    if ended.code != 1:
        return
    for found in findings_of((tmp_path / "report").read_text(encoding="utf-8")):
        if found["reproduction"] and name not in NOT_TWICE:
            assert_shown(found["reproduction"], tmp_path)


# ------------------------------------------------------------------ what ends otherwise

USAGE = (
    "from mine import forward, backward\n\ndef vjp(x, w, b):\n"
    "    return forward(x, w, b), lambda dout: backward(dout, x, w)"
)
START = "def forward(x, w, b):\n    return x @ w + b\n\ndef backward(dout, x, w):\n"


def _never_called(*arrays: Any) -> Any:
    raise AssertionError


def reproduction_of(
    tmp_path: Path, body: str, outcome: Outcome | None = None, clock: Clock | None = None
) -> Reproduction:
    """Return the reproduction of a failure of a layer whose backward pass has that body."""
    (tmp_path / "mine.py").write_text(f"{START}    {body}\n")
    layer = Layer("mine.py", _never_called, usage=USAGE, folder=str(tmp_path))
    with reproducer(layer, "sum", clock or Clock(60)) as fresh:
        (found,) = fresh.with_reproductions([Finding((outcome or averaged(),))], ())
    return found.reproduction


RIGHT = "return dout @ w.T, x.T @ dout, dout.sum(axis=0)"


def test_code_that_shows_the_failure_is_kept_with_its_folder(tmp_path: Path) -> None:
    found = reproduction_of(tmp_path, RIGHT.replace("x.T @ dout", "x.T @ dout / 2"))
    assert found.was_run
    assert found.folder == str(tmp_path)
    assert "from mine import forward, backward" in found.code


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (RIGHT, "did not show the failure"),
        ("import os; os._exit(0)", "did not show the failure"),
        ("print('x' * 10**7); 1 / 0", "ended otherwise: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "ended otherwise: "),
    ],
)
def test_code_that_ends_otherwise_is_not_printed(tmp_path: Path, body: str, why: str) -> None:
    found = reproduction_of(tmp_path, body)
    assert found.code == ""
    assert why in found.why_none
    assert found.is_refuted
    assert len(found.why_none) < 3000


def test_code_that_raises_or_ends_the_process_again_is_kept(tmp_path: Path) -> None:
    raised = reproduction_of(tmp_path, "return 1 / 0", falsified(ZeroDivisionError("no")))
    assert raised.was_run
    ended = reproduction_of(tmp_path, "import os; os._exit(0)", falsified(WorkerDied("it ended")))
    assert ended.was_run
    returned = reproduction_of(tmp_path, RIGHT, falsified(WorkerDied("it ended")))
    assert "did not show the failure" in returned.why_none
    other = reproduction_of(tmp_path, "return 1 / 0", falsified(WorkerDied("it ended")))
    assert "ended otherwise: ZeroDivisionError" in other.why_none


def test_code_that_hangs_is_waited_for_briefly(tmp_path: Path) -> None:
    """And ended with whatever it started; there is no later time than that of the command."""
    start, clock = perf_counter(), Clock(60)
    clock.hangs = 2
    loops = "import subprocess; subprocess.Popen(['sleep', '30'])\n    while True: pass"
    found = reproduction_of(tmp_path, loops, falsified(WorkerDied("no answer")), clock)
    assert found.was_run
    assert perf_counter() - start < 5


def test_code_that_hangs_ends_without_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checker that was killed leaves no process behind that loops for ever."""
    monkeypatch.setattr(reproduction, "_ENDS_ITSELF", 1)
    start = perf_counter()
    assert not reproduction_of(tmp_path, "while True: pass").code
    assert perf_counter() - start < reproduction._PATIENCE / 2


def test_what_is_ended_early_has_not_hung(tmp_path: Path) -> None:
    clock = Clock(-2)  # a second is left
    clock.hangs = 2
    loops = "while True: pass"
    assert not reproduction_of(tmp_path, loops, falsified(WorkerDied("no answer")), clock).code


def test_without_time_nothing_is_run(tmp_path: Path) -> None:
    found = reproduction_of(tmp_path, "return 1 / 0", clock=Clock(-10))
    assert found.why_none == "the time ran out before the code that shows this was run"


def test_a_layer_that_only_this_process_has_is_not_run() -> None:
    """Its code is for where it is defined."""
    layer = Layer("mine", _never_called, usage="# forward: your own\n\nvjp = forward")
    with reproducer(layer, "sum", Clock(60)) as fresh:
        (found,) = fresh.with_reproductions([Finding((averaged(),))], ())
    assert not found.reproduction.was_run
    assert found.reproduction.code.startswith("import numpy as np\n")


def test_a_failure_that_no_code_shows_says_so(tmp_path: Path) -> None:
    outcome = falsified(Violation("no", "dw"), name="jvp_is_the_sum_of_its_three_terms")
    found = reproduction_of(tmp_path, RIGHT, outcome)
    assert found == Reproduction(
        why_none="no plain call of the layer shows it: the property calls it in another way"
    )


def test_a_failure_that_needs_more_calls_is_shown_by_a_property_that_makes_them(
    tmp_path: Path,
) -> None:
    """On the case on which that failed, where the smallest one fails only after other calls."""
    code = (
        "import numpy as np\n\nsums = {}\n\ndef forward(x, w, b):\n    return x @ w + b\n\n"
        "def backward(dout, x, w):\n    sums[w.shape] = sums.get(w.shape, 0) + x.T @ dout\n"
        "    return dout @ w.T, sums[w.shape].copy(), dout.sum(axis=0)\n"
    )
    path = tmp_path / "adds_up.py"
    path.write_text(code)
    with Worker(str(path)) as worker:
        report = check(worker.layer)
    (found,) = report.findings
    assert found.reproduction.code
    assert not found.reproduction.is_of_smallest
    assert PROPERTIES[found.outcomes[0].name].group == "state"
    said = text(report)
    assert "A case that shows it:" in said
    assert "got dw" not in said  # that is another one next time
    assert_shown(found.reproduction.code, tmp_path)


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (
            "dx = np.zeros(x.shape, int)\n    dx += dout @ w.T",
            "here: raises UFuncTypeError",
        ),
        ("dx = (dout @ w.T).astype(object)", 'assert got.dtype.kind == "f", got.dtype'),
    ],
)
def test_what_numpy_names_otherwise_is_shown_too(tmp_path: Path, lines: str, last: str) -> None:
    """An exception that a traceback calls _UFuncOutputCastingError; an array of objects."""
    path = tmp_path / "mine.py"
    path.write_text(
        "import numpy as np\n\ndef forward(x, w, b):\n    return x @ w + b\n\n"
        f"def backward(dout, x, w):\n    {lines}\n    return dx, x.T @ dout, dout.sum(axis=0)\n"
    )
    with Worker(str(path)) as worker:
        report = check(worker.layer)
    (found,) = report.findings
    assert last in found.reproduction.code
    assert_shown(found.reproduction.code, tmp_path)
    assert "judged in float32" not in str(report)  # it raises in any


def test_a_case_that_there_was_no_time_to_shrink_is_not_called_the_smallest() -> None:
    def backward(dout: Array, x: Array, w: Array) -> Any:
        sleep(0.02)
        return dout @ w.T, x.T @ dout, dout.mean(axis=0)

    report = check((lambda x, w, b: x @ w + b, backward), budget=1.0)
    assert report.verdict == "fail"
    said = str(report)
    assert "A case that shows it: N = " in said
    assert "The smallest case" not in said
