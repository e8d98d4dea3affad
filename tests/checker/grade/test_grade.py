"""Submissions graded from the command line: none harms another, none is judged twice."""

import csv
import json
import sys
from pathlib import Path

import psutil
import pytest
from jsonschema import Draft202012Validator

from affine.checker.grade import pool, warm
from affine.checker.grade.results import schema
from tests.checker.command_line import main
from tests.checker.grade.classroom import layer

on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="its submissions use signals, copies and /proc"
)
QUICK = ("--only", "dw_is_xt_dout", "--jobs", "1", "--timeout", "1")


def handed_in(folder: Path, **sources: str) -> str:
    for name, source in sources.items():
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.py").write_text(source, encoding="utf-8")
    return str(folder)


def verdicts(out: Path) -> dict[str, str]:
    lines = (out / "results.csv").read_text(encoding="utf-8").splitlines()
    return {line["submission"]: line["verdict"] for line in csv.DictReader(lines)}


def without_seconds(out: Path) -> dict[str, object]:
    record = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return record | {"submissions": [one | {"seconds": 0} for one in record["submissions"]]}


def test_a_class_is_graded(tmp_path: Path) -> None:
    right = layer(1)
    folder = handed_in(tmp_path / "class", ada=right, bob=layer(2, "dw"), cy=right)
    out = tmp_path / "out"
    ended = main("grade", folder, "--out", str(out), *QUICK, "--verbose")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == (
        f"3 submissions: 2 right, 1 wrong, 0 not judged. See {out / 'index.html'}"
    )
    assert ended.out.count("right      ") == 1  # equal files are judged once
    record = json.loads((out / "results.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema()).validate(record)
    ada, bob, cy = record["submissions"]
    assert (ada["points"], bob["points"]) == ({"dw": 0.25}, {"dw": 0.0})
    assert (ada["equal_to"], cy["equal_to"]) == ("", "ada")
    assert bob["mistakes"][0]["quantity"] == "dw"
    page = (out / bob["page"]).read_text(encoding="utf-8")
    assert "Your file bob.py is called submission.py here." in page
    assert "Your dw" in page


def test_what_is_judged_is_not_judged_again(tmp_path: Path) -> None:
    """Unless its result, its files or an option is another one."""
    folder, out = handed_in(tmp_path / "class", ada=layer(1), bob=layer(2, "dw")), tmp_path / "out"
    first = ("grade", folder, "--out", str(out), *QUICK, "--verbose")
    assert main(*first).out.count("\n") == 3
    graded = without_seconds(out)
    assert main(*first).out.count("\n") == 1
    assert without_seconds(out) == graded
    next((out / "judged").iterdir()).write_text('{"report": ')  # as a crash may leave it
    assert main(*first).out.count("\n") == 2
    assert without_seconds(out) == graded
    assert main(*first, "--seed", "1").out.count("\n") == 3


@on_linux
def test_a_submission_that_ends_its_judge_ends_nothing_else(tmp_path: Path) -> None:
    folder = handed_in(
        tmp_path / "class",
        ada=layer(1), ends=layer(2, hostile="ends_its_judge"), zoe=layer(3, "dw"),
    )  # fmt: skip
    assert main("grade", folder, "--out", str(tmp_path / "out"), *QUICK).code == 0
    assert verdicts(tmp_path / "out") == {"ada": "right", "ends": "not judged", "zoe": "wrong"}
    record = without_seconds(tmp_path / "out")
    assert "given up after 2 attempts" in record["submissions"][1]["reason"]


@on_linux
def test_what_a_submission_writes_and_starts_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    folder = handed_in(
        tmp_path / "class",
        forks=layer(1, hostile="forks"), leaves=layer(2, hostile="leaves_a_process"),
        writes=layer(3, hostile="writes_files"),
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main("grade", folder, *QUICK).code == 0
    assert set(verdicts(tmp_path / "graded").values()) == {"right"}
    assert {path.name for path in tmp_path.iterdir()} == {"class", "graded", "tmp"}
    assert not any((tmp_path / "tmp").iterdir())
    left = [one.cmdline() for one in psutil.process_iter() if "RUN_ID" in _environ(one)]
    assert [command for command in left if "sleep(3600)" in " ".join(command)] == []


def _environ(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except psutil.Error:
        return {}


@on_linux
def test_a_copy_holds_what_a_plain_process_holds(tmp_path: Path) -> None:
    """The same modules, streams and session as a process of `affine check`, and other noise."""
    looks = (
        "import os, sys, numpy\n"
        "EXTRA = {name.partition('.')[0] for name in sys.modules} & {'affine', 'rich', 'psutil'}\n"
        "assert not EXTRA, EXTRA\n"
        "assert 'csv' not in sys.modules and 'fractions' not in sys.modules\n"
        "assert os.getsid(0) == os.getpid()\n"
        "assert sys.argv == ['submission.py'] and sys.stdin.read() == ''\n"
        "links = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')[:-1]]\n"
        "assert sum('pipe' in link for link in links) <= 4, links\n"
    )
    folder = handed_in(tmp_path / "class", ada=looks + layer(1))
    assert main("grade", folder, "--out", str(tmp_path / "out"), *QUICK).code == 0
    record = without_seconds(tmp_path / "out")
    assert [one["verdict"] for one in record["submissions"]] == ["pass"]
    report = json.loads(next((tmp_path / "out" / "judged").iterdir()).read_text(encoding="utf-8"))
    assert [note for note in report["report"]["remarks"] if "definitions" in note] == []


@on_linux
def test_without_copies_each_process_judges_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows and macOS: the results are the same."""
    folder = handed_in(tmp_path / "class", ada=layer(1), bob=layer(2, "dw"))
    assert main("grade", folder, "--out", str(tmp_path / "copies"), *QUICK).code == 0
    spawning = "from affine.checker.grade import warm; warm.FORKS = False; main("
    monkeypatch.setattr(pool, "_PROGRAM", pool._PROGRAM.replace("main(", spawning))
    assert main("grade", folder, "--out", str(tmp_path / "starts"), *QUICK).code == 0
    assert warm.FORKS
    assert without_seconds(tmp_path / "starts") == without_seconds(tmp_path / "copies")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no_such_folder",), "there is no no_such_folder; name files"),
        (("{folder}", "--points", "{folder}/points.toml"), "dz is no part of this check"),
        (("{folder}", "--out", "{folder}/ada/ada.py"), "is a file"),
        ((), "Missing argument 'SUBMISSIONS...'"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    folder = handed_in(tmp_path / "class", ada=layer(1))
    (tmp_path / "class" / "points.toml").write_text("dz = 1\n")
    ended = main("grade", *(each.format(folder=folder) for each in arguments))
    assert ended.code == 2
    assert said in ended.err
