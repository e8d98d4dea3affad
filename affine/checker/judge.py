"""The check of a target that runs in a process of its own, from that process to the report."""

import gc
from dataclasses import replace
from time import perf_counter
from typing import Any

import psutil  # noqa: F401 (the end of the process needs it)

import affine.checker.report.text  # noqa: F401
from affine.checker import check
from affine.checker.clock import Clock
from affine.checker.exceptions import TargetError, cut
from affine.checker.process.worker import Worker
from affine.checker.report import Report
from affine.checker.search import Progress
from affine.layer import WorkerDied

_LONGEST_LINE = 200  # of what the target printed


def judged(worker: Worker, target: str, clock: Clock, progress: Progress, **chosen: Any) -> Report:
    """Return the report on a worker's target, and end it: of one that cannot be judged, why."""
    gc.freeze()  # what is loaded stays: no collection need look at it again
    with worker:
        try:
            report = check(worker.layer, progress=progress, clock=clock, **chosen)
        except (TargetError, WorkerDied) as error:
            named = {name: chosen[name] for name in ("profile", "reduction", "seed")}
            # The report begins with the target: its message need not.
            why = str(error).removeprefix(f"{target}: ").removeprefix(f"{target} ")
            seconds = perf_counter() - clock.start
            return Report(target, error_message=why, seconds=seconds, **named)
    notes = list(report.notes)
    if output := worker.output.strip():
        last = cut(output.split("\n")[-1], _LONGEST_LINE)
        notes.append(f"the target printed something; its last line: {last}")
    return replace(report, target=target, notes=tuple(notes))
