"""The process that has everything imported, and judges each submission in a copy of itself.

It runs no code of a submission, and a copy ends with its submission: nothing is shared.
"""

import gc
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from affine.checker.grade import sandbox
from affine.checker.grade.job import Job

FORKS = sys.platform == "linux"
"""Elsewhere a copy of a process is not safe to use, so each process judges one submission."""


def main(folder: str, is_confined: bool) -> None:
    """Judge a job a line from standard input, until it is closed; say what came of each.

    Each submission has a folder of its own in the one that is given, which is then removed.
    A process that is confined takes no more of the machine than `sandbox.limit` says.
    """
    try:
        if is_confined:
            sandbox.limit()
        _serve(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: str) -> None:
    from affine.checker.process.server import take_the_connection

    known = frozenset(sys.modules)  # those of a plain process for a layer
    from affine.checker import judge  # noqa: F401
    from affine.checker.grade import copied  # noqa: F401
    from affine.checker.process import child
    from affine.checker.report import html, record  # noqa: F401

    child.Child.looks = 0  # while one waits, others have work for the processor
    gc.collect()
    gc.freeze()
    requests, answers = take_the_connection()
    _say(answers, {"ready": True})
    for line in requests:
        scratch = Path(tempfile.mkdtemp(dir=folder))
        if not FORKS:
            _judge(line, scratch, answers, None)
            break
        _judge_in_a_copy(line, scratch, answers, known)
        shutil.rmtree(scratch, ignore_errors=True)


def _judge_in_a_copy(line: bytes, scratch: Path, answers: BinaryIO, known: frozenset[str]) -> None:
    pid = os.fork()
    if not pid:
        try:
            _judge(line, scratch, answers, known)
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        how = signal.strsignal(os.WTERMSIG(status))
        _say(answers, {"ended": f"it ended the process that judged it ({how})"})


def _judge(line: bytes, scratch: Path, answers: BinaryIO, known: frozenset[str] | None) -> None:
    from affine.checker.exceptions import message

    try:
        answer = _result(Job.loads(line), scratch, known)
    except Exception as error:
        answer = {"ended": f"the check itself failed: {type(error).__name__}: {message(error)}"}
    _say(answers, answer)


def _say(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode("ascii") + b"\n")
    answers.flush()


def _result(job: Job, scratch: Path, known: frozenset[str] | None) -> dict[str, Any]:
    """Return the record of the report on a job, and its HTML; its process works in a folder."""
    from affine.checker.clock import Clock
    from affine.checker.grade.copied import CopiedWorker
    from affine.checker.judge import judged
    from affine.checker.process.worker import Worker
    from affine.checker.report.html import html
    from affine.checker.report.record import dumps

    _lay_out(job, scratch)
    chosen = {name: option for name, option in job.options.items() if name != "sandbox"}
    timeout, clock = chosen.pop("timeout"), Clock(chosen.pop("budget"))
    given = job.target, timeout, clock
    worker = Worker(*given) if known is None else CopiedWorker(*given, known)
    try:
        report = judged(worker, job.target, clock, lambda step, done, total: None, **chosen)
        return {"report": json.loads(dumps(report)), "html": html(report)}
    finally:
        os.chdir(scratch.parent)  # else some systems cannot remove the folder


def _lay_out(job: Job, scratch: Path) -> None:
    """Write the files of a job where its process works, and send there what it may write."""
    for folder in (".git", "tmp", "work"):  # the first one ends the search for a project
        (scratch / folder).mkdir()
    for name, held in job.files.items():
        file = scratch / "work" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(held)
    os.chdir(scratch / "work")
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch / "tmp")))
    tempfile.tempdir = None  # else it stays the one that was asked for first
