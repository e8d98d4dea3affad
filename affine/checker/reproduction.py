"""Whether the code that a report prints shows the failure: it is run before it is printed.

As it is printed, in a fresh process, beside the file of the layer. The first process starts as soon
as anything fails, so that it is there once there is code to run. In a grading too it is a new one:
a copy has what its process drew at its start, as the seed of its hashes, and a layer that depends
on that would fail in each copy and not where its author runs the code.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from affine.checker.clock import Clock
from affine.checker.exceptions import NotThreeGradients
from affine.checker.process.child import Child
from affine.checker.report import Finding, Outcome, Reproduction
from affine.checker.report.snippet import THE_END, snippet
from affine.checker.report.words import kind_of
from affine.layer import Layer, WorkerDied
from affine.oracle import Violation
from affine.properties import PROPERTIES

__all__ = ["Reproducer", "reproducer"]

# Seconds that the code may take: a framework takes some to be imported. A call that hung before is
# waited for more briefly, where nothing but NumPy is imported.
_PATIENCE, _PATIENCE_WITH_HANGS = 20.0, 2.0
_ENDS_ITSELF = 30  # where nobody waits any more, since the checker was killed
_NO_CODE = "no plain call of the layer shows it: the property calls it in another way"
_TOO_LATE = "the time ran out before the code that shows this was run"
_ALONE = "run alone, in a fresh process, the code of this case"
_NOT_AGAIN = (
    f"{_ALONE} did not show the failure: it may take the calls before it, or chance, or timing"
)
_MOST_OTHERS = 2

# To import NumPy takes most of the time that a process takes to start; the code begins with that.
_PROGRAM = (
    "import os, signal, sys, numpy; os.dup2(2, 1); os.environ.setdefault('MPLBACKEND', 'Agg'); "
    "os.chdir({folder!a}); sys.path += [each for each in {path!a} if each not in sys.path]; "
    "code = eval(input()); getattr(signal, 'alarm', int)({ends}); "
    "exec(code, {{'__name__': '__main__'}})"
)


class Reproducer:
    """Runs the code of failures, each in a process of its own, as long as there is time."""

    def __init__(self, layer: Layer, reduction: str, clock: Clock, processes: ExitStack) -> None:
        self._layer, self._reduction, self._clock = layer, reduction, clock
        self._processes, self._ready = processes, list[Child]()
        self._printed = bytearray()

    @property
    def _is_importable(self) -> bool:
        """Whether another process can have the layer, and not this one alone."""
        return bool(self._layer.usage) and not self._layer.usage.startswith("#")

    def prepare(self) -> None:
        """Start a process, if none is there: it takes longer to start than to run the code."""
        if self._ready or not self._is_importable:
            return
        folder = self._layer.folder or os.getcwd()  # noqa: PTH109 (a text)
        program = _PROGRAM.format(folder=folder, path=sys.path, ends=_ENDS_ITSELF)
        child = Child(program, (), self._printed)
        self._processes.callback(child.end)
        self._ready.append(child)

    def with_reproductions(
        self, findings: Sequence[Finding], falsified: Iterable[Outcome]
    ) -> Iterator[Finding]:
        """Yield the findings with code that shows each, or why there is none.

        A small case may fail only after other calls. Then properties of state are tried, which make
        several calls, on the cases on which they were `falsified` first.
        """
        before = {outcome.name: outcome for outcome in falsified}
        for finding in findings:
            first, *others = finding.outcomes
            found = self._proved(first)
            of_state = [each for each in others if PROPERTIES[each.name].group == "state"]
            for other in of_state[:_MOST_OTHERS] if found.was_run and not found.code else ():
                outcome = before.get(other.name, other)
                again = self._proved(outcome)
                if again.code:
                    rest = [each for each in finding.outcomes if each is not other]
                    finding = replace(finding, outcomes=(outcome, *rest))
                    found = replace(again, is_of_smallest=False)
                    break
            yield replace(finding, reproduction=found)

    def _proved(self, outcome: Outcome) -> Reproduction:
        """Return code if it shows the failure again, else why it is not shown."""
        code = snippet(outcome, self._layer.usage, self._reduction)
        if not code:
            return Reproduction(why_none=_NO_CODE)
        if not self._is_importable:
            return Reproduction(code)
        hung = isinstance(outcome.error, WorkerDied) and self._clock.hangs > 0
        is_brief = hung and "affine.checker" not in code
        limit = _PATIENCE_WITH_HANGS if is_brief else _PATIENCE
        left = self._clock.left
        if not left or (hung and left < limit):  # what is ended early has not hung
            return Reproduction(why_none=_TOO_LATE)
        limit = min(limit, left)
        status, said = self._run(code, limit)
        if _shows(outcome.error, status, said) and (status is not None or hung):
            return Reproduction(code, self._layer.folder, was_run=True)
        why = _NOT_AGAIN
        if status is None:
            why = f"{_ALONE} did not end within {limit:.2g} s"
        elif status:
            why = f"{_ALONE} ended otherwise: {said.strip().rpartition(chr(10))[2]}"
        return Reproduction(why_none=why, was_run=True)

    def _run(self, code: str, limit: float) -> tuple[int | None, str]:
        """Run code in a fresh process; return how it ended, None if it did not, and its output."""
        self.prepare()
        child = self._ready.pop()
        self._printed.clear()
        child.send(f"{code!a}\n".encode("ascii"))
        status = child.status(limit)
        child.end()
        return status, self._printed.decode(errors="replace")


@contextmanager
def reproducer(layer: Layer, reduction: str, clock: Clock) -> Iterator[Reproducer]:
    """Run the code of a layer's failures; whatever happens, its processes end."""
    with ExitStack() as processes:
        yield Reproducer(layer, reduction, clock, processes)


def _shows(error: Exception | None, status: int | None, said: str) -> bool:
    """Whether code ended as the failure has it: by its assertion, or by what the layer raised."""
    lines = said.splitlines()
    if isinstance(error, WorkerDied) or kind_of(error) == "SystemExit":
        return THE_END not in lines and "Traceback (most recent call last):" not in lines
    raised = {line.partition(":")[0].rpartition(".")[2] for line in lines}
    # NumPy names some of its exceptions as their bases, and a traceback does not.
    told = str(getattr(error, "message", error)).split("\n")[0]
    if told and any(line.partition(": ")[2] == told for line in lines):
        return status != 0
    kinds = {kind_of(error)}
    if isinstance(error, Violation | NotThreeGradients):
        kinds = {"AssertionError", NotThreeGradients.__name__}
    return status != 0 and not kinds.isdisjoint(raised)
