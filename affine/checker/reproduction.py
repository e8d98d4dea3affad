"""Whether the code that a report prints shows the failure: it is run before it is printed.

As it is printed, in a fresh process, beside the file of the layer. The first process starts before
the failure is diagnosed, so that it is there once there is code to run.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from time import perf_counter

from affine.checker.clock import Clock
from affine.checker.process.child import Child
from affine.checker.report import Finding, Outcome, Reproduction
from affine.checker.report.snippet import THE_END, snippet
from affine.checker.report.words import kind_of
from affine.layer import Layer, WorkerDied
from affine.oracle import Violation

__all__ = ["Reproducer", "reproducer"]

# Seconds that the code may take: a framework takes some to be imported. A call that hung before is
# waited for more briefly.
_PATIENCE, _PATIENCE_WITH_HANGS = 10.0, 2.0
_NO_CODE = "no plain call of the layer shows it: the property calls it in another way"
_TOO_LATE = "the time ran out before the code that shows this was run"
_NOT_AGAIN = (
    "run alone, in a fresh process, the code of this case did not show the failure: that depends "
    "on the calls before it, on chance or on timing"
)
_OTHERWISE = "run alone, in a fresh process, the code of this case ended otherwise: "

# `import numpy` takes most of the time that a process takes to start.
_PROGRAM = (
    "import os, sys, numpy; os.dup2(1, 2); os.environ.setdefault('MPLBACKEND', 'Agg'); "
    "os.chdir({folder!a}); sys.path += [each for each in {path!a} if each not in sys.path]; "
    "exec(eval(input()), {{'__name__': '__main__'}})"
)


class Reproducer:
    """Runs the code of failures, each in a process of its own, as long as there is time."""

    def __init__(self, layer: Layer, reduction: str, clock: Clock, processes: ExitStack) -> None:
        self._layer, self._reduction, self._clock = layer, reduction, clock
        self._processes, self._ready = processes, list[Child]()
        if self._is_importable:
            self._start()

    @property
    def _is_importable(self) -> bool:
        """Whether another process can have the layer, and not this one alone."""
        return bool(self._layer.usage) and not self._layer.usage.startswith("#")

    def _start(self) -> None:
        folder = self._layer.folder or os.getcwd()  # noqa: PTH109 (a text)
        child = Child(_PROGRAM.format(folder=folder, path=sys.path), (), lambda printed: None)
        self._processes.callback(child.end)
        self._ready.append(child)

    def with_reproductions(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """Yield the findings with code that shows each, or why there is none."""
        codes = [
            snippet(finding.outcomes[0], self._layer.usage, self._reduction) for finding in findings
        ]
        if self._is_importable:
            for _ in range(sum(map(bool, codes)) - len(self._ready)):
                self._start()
        for finding, code in zip(findings, codes, strict=True):
            found = self._proved(finding.outcomes[0], code)
            yield replace(finding, reproduction=found)

    def _proved(self, outcome: Outcome, code: str) -> Reproduction:
        """Return the code if it shows the failure again, else why it is not shown."""
        if not code:
            return Reproduction(why_none=_NO_CODE)
        if not self._is_importable:
            return Reproduction(code)
        hangs = isinstance(outcome.error, WorkerDied) and self._clock.hangs
        left = self._clock.hard_deadline - perf_counter()
        limit = min(_PATIENCE_WITH_HANGS if hangs else _PATIENCE, left)
        if limit <= 0:
            return Reproduction(why_none=_TOO_LATE)
        child = self._ready.pop(0)
        child.send(f"{code!a}\n".encode("ascii"))
        status, said = child.output(limit)
        child.end()
        if _shows(outcome.error, status, said):
            return Reproduction(code, self._layer.folder, was_run=True)
        last = said.strip().rpartition("\n")[2]
        if status is None:
            last = f"it did not end within {limit:.2g} s"
        return Reproduction(why_none=_OTHERWISE + last if status != 0 else _NOT_AGAIN)


@contextmanager
def reproducer(layer: Layer, reduction: str, clock: Clock) -> Iterator[Reproducer]:
    """Run the code of a layer's failures; whatever happens, its processes end."""
    with ExitStack() as processes:
        yield Reproducer(layer, reduction, clock, processes)


def _shows(error: Exception | None, status: int | None, said: str) -> bool:
    """Whether code ended as the failure has it: by its assertion, or by what the layer raised."""
    if isinstance(error, WorkerDied) or kind_of(error) == "SystemExit":
        return THE_END not in said.splitlines()
    kind = "AssertionError" if isinstance(error, Violation) else kind_of(error)
    raised = (line.partition(":")[0].rpartition(".")[2] for line in said.splitlines())
    return status != 0 and kind in raised
