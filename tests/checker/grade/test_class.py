"""A whole class, with submissions that do harm; and gradings that are killed and go on."""

import json
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.checker.command_line import PLAIN
from tests.checker.grade.classroom import HOSTILE, classroom

SIZES = [30, pytest.param(1000, marks=pytest.mark.long)]
MOST_BYTES = 120 * 2**20  # of one process: twice what it has when it begins, and some
# What is judged where it is neither refused nor given up.
JUDGED = {"hangs_at_import", "prints_megabytes", "forks", "leaves_a_process", "writes_files"}
PARTS = {"dx", "dw", "db"}

pytestmark = [pytest.mark.exhaustive, pytest.mark.long]


def start(folder: Path, out: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "affine", "grade", str(folder), "--out", str(out)]
    (out.parent / "tmp").mkdir(exist_ok=True)
    env = {**PLAIN, "TMPDIR": str(out.parent / "tmp")}
    return subprocess.Popen([*command, "--timeout", "2"], env=env, stdout=subprocess.DEVNULL)


def memory(process: psutil.Process) -> Iterator[int]:
    """Yield what the command holds, and what each of its warm processes does."""
    for each in (process, *process.children()):
        try:
            yield each.memory_info().rss
        except psutil.NoSuchProcess:
            continue


def record_of(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "results.json").read_text(encoding="utf-8")))


def content(out: Path) -> dict[str, str]:
    """Return all results by the name of their file, without seconds."""
    texts = {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
    seconds = r'"seconds": [\d.e-]+|time="[\d.]+"|,[\d.]+$|[\d.]+(?= s\b)|[\d.]+(?=</td></tr>$)'
    return {name: re.sub(seconds, "", text, flags=re.MULTILINE) for name, text in texts.items()}


@pytest.mark.parametrize("count", SIZES)
def test_none_is_lost(tmp_path: Path, count: int) -> None:
    """Each is judged as if it were alone, and no process grows with their number."""
    kinds = classroom(tmp_path / "class", count, hostile=20)
    process, most = start(tmp_path / "class", tmp_path / "out"), 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        most = max([most, *memory(watched)])
        time.sleep(0.2)
    assert process.returncode == 0
    assert most < MOST_BYTES
    submissions = {one["name"]: one for one in record_of(tmp_path / "out")["submissions"]}
    assert submissions.keys() == kinds.keys()
    for name, kind in kinds.items():
        found = submissions[name]
        wrong = {part for one in found["mistakes"] for part in one["quantity"].split(", ")}
        assert (name, wrong) == (name, {kind} & PARTS)
        assert kind not in HOSTILE or (found["verdict"] == "pass") == (kind in JUDGED), name
        assert kind in HOSTILE or found["verdict"] == ("pass" if kind == "right" else "fail")
    assert not any((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize("count", SIZES)
def test_a_grading_that_is_killed_goes_on(tmp_path: Path, count: int) -> None:
    """Ten times, at any moment: the results are those of one that is left alone."""
    classroom(tmp_path / "class", count, hostile=20)
    begun = time.monotonic()
    assert start(tmp_path / "class", tmp_path / "calm").wait() == 0
    seconds, draw = time.monotonic() - begun, random.Random(count)
    for _ in range(10):
        process = start(tmp_path / "class", tmp_path / "killed")
        time.sleep(draw.uniform(0, seconds / 10))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start(tmp_path / "class", tmp_path / "killed").wait() == 0
    assert content(tmp_path / "killed") == content(tmp_path / "calm")
