"""Warm processes, one a thread: each job goes to one, and is given up once it has ended two."""

import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeAlias

from affine.checker.grade import sandbox
from affine.checker.grade.job import Job
from affine.checker.grade.warm import FORKS
from affine.checker.process.child import Child
from affine.layer import WorkerDied

Result: TypeAlias = dict[str, Any]
"""The record of a `report` and its `html`; or `gave_up`: why there is neither."""

Submit: TypeAlias = Callable[[bytes], "Future[Result]"]
"""Hands out a job, which is one line."""

_ATTEMPTS = 2
_TO_START = 120.0
_PAST_THE_BUDGET = 60.0  # no check takes so much more, unless its process is kept from ending
_LONGEST_ANSWER = 2**26
# One thread a submission: the processor is shared by several.
_PROGRAM = """import os, sys; sys.path[:] = {path!a}; os.environ.update({variables!a}); \
from affine.checker.grade.warm import main; main({folder!a}, {is_confined!a})"""
_VARIABLES = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}


class Pool:
    """Judges jobs in warm processes: one for each thread that asks."""

    def __init__(self) -> None:
        self._mine, self._is_over, self._printed = threading.local(), False, bytearray()
        self._folders: dict[Child, str] = {}  # of all processes: where their submissions work

    def judge(self, line: bytes) -> Result:
        """Return what came of a job: a second process tries it where the first has ended."""
        options, why = json.loads(line)["options"], ""
        limit = options["budget"] + _PAST_THE_BUDGET
        for _ in range(_ATTEMPTS):
            if self._is_over:
                break
            child = self._warm(options["sandbox"])
            child.send(line)
            try:
                answer = child.answer(limit, "while it judged this")
            except TimeoutError:
                answer = {"ended": f"its check did not end within {limit:g} s"}
            except WorkerDied as error:
                answer = {"ended": str(error)}
            if options["sandbox"] or not FORKS:  # each submission has one of its own
                self._end(child)
            if "ended" not in answer:
                return answer
            why = answer["ended"]
            self._end(child)
        return {"gave_up": f"given up after {_ATTEMPTS} attempts: {why}"}

    def end(self) -> None:
        """End all processes; who waits for one learns that it has ended."""
        self._is_over = True
        for child in list(self._folders):
            self._end(child)

    def _warm(self, is_confined: bool) -> Child:
        child: Child | None = getattr(self._mine, "child", None)
        if child is None or not child.alive:
            folder = tempfile.mkdtemp(prefix="affine-")
            program = _PROGRAM.format(
                path=sys.path, variables=_VARIABLES, folder=folder, is_confined=is_confined
            )
            child = self._mine.child = Child(
                program, [], self._printed, longest=_LONGEST_ANSWER,
                wrapper=sandbox.wrapper(folder) if is_confined else (),
            )  # fmt: skip
            self._folders[child] = folder
            try:
                child.answer(_TO_START, "before it was ready")
            except (TimeoutError, WorkerDied) as error:
                why = f"{error} {self._printed.decode(errors='replace')}"
                raise RuntimeError(f"no process to judge in starts: {why}") from error
        return child

    def _end(self, child: Child) -> None:
        child.end()
        if folder := self._folders.pop(child, ""):  # in which nothing writes any more
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def on_this_machine(jobs: int) -> Iterator[tuple[Submit, int]]:
    """Judge in so many warm processes of this machine."""
    pool = Pool()
    with ThreadPoolExecutor(jobs) as threads:
        try:
            yield (lambda line: threads.submit(pool.judge, line)), jobs
        finally:
            pool.end()
            threads.shutdown(wait=True, cancel_futures=True)


def finished(jobs: Iterable[Job], submit: Submit, at_once: int) -> Iterator[tuple[str, Result]]:
    """Yield the key and the result of each job, as they come; `at_once` of them wait, or run."""
    running: dict[Future[Result], str] = {}
    waiting = iter(jobs)
    while True:
        for job in waiting:
            running[submit(job.dumps())] = job.key
            if len(running) >= at_once:
                break
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for each in done:
            yield running.pop(each), each.result()
