"""One clock for a whole check."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from math import inf
from time import perf_counter
from typing import Any

from affine.layer import Layer, OutOfTime, intercept_calls

# Seconds past the budget in which a call that hangs may still come to its time limit. The command
# ends five seconds past it at most: the rest is for the end of the processes, on a busy machine.
_GRACE = 3.0
_MOST_HANGS = 2
MORE_TIME = "give the check more time, such as --budget 300"


class Clock:
    """When a step of a check has to stop, and when the whole command has to."""

    def __init__(self, budget: float = inf) -> None:
        self.budget, self.hangs = budget, 0  # calls that have come to their time limit
        self.start = self._begun = perf_counter()
        self.step_deadline = self.start + budget  # when the present step stops
        self._hard_deadline = self.step_deadline + _GRACE  # when even a call in progress is ended

    def restart(self) -> None:
        """Count the budget from now: the time to start is taken from the grace."""
        self._begun = perf_counter()
        self.step_deadline = min(self._begun + self.budget, self._hard_deadline)

    @property
    def left(self) -> float:
        """Seconds until even a call in progress is ended; 0 once that has come."""
        return max(self._hard_deadline - perf_counter(), 0)

    @property
    def has_expired(self) -> bool:
        """Whether the step has to stop, for its time is up."""
        return perf_counter() > self.step_deadline

    def raise_if_expired(self) -> None:
        """Raise `OutOfTime` once the step has to stop."""
        if self.hangs >= _MOST_HANGS:
            raise OutOfTime(f"{self.hangs} calls were waited for in vain")
        if self.has_expired:
            raise OutOfTime(f"the budget of {self.budget:g} s ran out")

    def share(self, part: float) -> AbstractContextManager[None]:
        """Let what runs in here stop once this part of the whole budget is used up."""
        return self.at_most(self._begun + part * self.budget - perf_counter())

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Let what runs in here stop after so many seconds."""
        before = self.step_deadline
        self.step_deadline = min(before, perf_counter() + seconds)
        try:
            yield
        finally:
            self.step_deadline = before


def with_deadline(layer: Layer, clock: Clock) -> Layer:
    """Return the layer with calls that raise `OutOfTime` once the step has to stop."""

    def in_time(thing: Any) -> Any:
        clock.raise_if_expired()
        return thing

    return intercept_calls(layer, lambda call: (in_time(call), in_time))
