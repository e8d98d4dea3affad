"""Mistakes that an instance makes between two calls are named."""

import pytest

from affine.checker.diagnosis import MISTAKES, diagnose
from affine.checker.reading import layer_from
from affine.layer import Array
from affine.properties import PROPERTIES


class _FirstBatchKept:
    """Goes on with the first batch that it sees."""

    def __init__(self, w: Array, b: Array) -> None:
        self.w, self.b = w, b
        self.x: Array | None = None

    def forward(self, x: Array) -> Array:
        self.x = x if self.x is None else self.x
        return x @ self.w + self.b

    def backward(self, dout: Array) -> tuple[Array, Array, Array]:
        assert self.x is not None
        return dout @ self.w.T, self.x.T @ dout, dout.sum(axis=0)


class _AddedOverBatches(_FirstBatchKept):
    """Adds to the gradient of the batch before, once for each forward pass."""

    dw: Array | float = 0.0
    before: Array | float = 0.0

    def forward(self, x: Array) -> Array:
        self.x, self.before = None, self.dw
        return super().forward(x)

    def backward(self, dout: Array) -> tuple[Array, Array, Array]:
        dx, self.dw, db = super().backward(dout)
        return dx, self.before + self.dw, db


class _Stepping(_FirstBatchKept):
    """Takes a step on its own W at the end of the backward pass."""

    def backward(self, dout: Array) -> tuple[Array, Array, Array]:
        dx, dw, db = super().backward(dout)
        self.w = self.w - 0.1 * dw
        return dx, dw, db


class _SteppingFirst(_FirstBatchKept):
    """Takes the step before dx is computed."""

    def backward(self, dout: Array) -> tuple[Array, Array, Array]:
        _, dw, db = super().backward(dout)
        self.w = self.w - 0.1 * dw
        return dout @ self.w.T, dw, db


class _Buffered(_FirstBatchKept):
    """Writes dx of every backward pass to one array."""

    buffer: Array | None = None

    def backward(self, dout: Array) -> tuple[Array, Array, Array]:
        dx, dw, db = super().backward(dout)
        self.buffer = dx if self.buffer is None else self.buffer
        self.buffer[...] = dx
        return self.buffer, dw, db


@pytest.mark.parametrize(("made", "failed", "mistake", "says"), [
    (
        _FirstBatchKept, "an_instance_may_be_used_again", "stale-state",
        "takes X of the batch before",
    ),
    # No update is to blame for what another batch leaves behind.
    (
        _FirstBatchKept, "an_instance_sees_its_updated_parameters", "stale-state",
        "takes X of the batch before",
    ),
    (
        _AddedOverBatches, "an_instance_may_be_used_again", "accumulates",
        "plus that of the batch before",
    ),
    (
        _Stepping, "backward_twice_gives_the_same", "update-step-inside",
        "computes dx with W - 0.1·dw",
    ),
    (
        _SteppingFirst, "backward_twice_gives_the_same", "updated-too-early",
        "takes an update step",
    ),
    (
        _Buffered, "later_calls_leave_earlier_results", "buffer-reused",
        "another call came after it",
    ),
])  # fmt: skip
def test_what_an_instance_does_between_calls_is_named(
    made: type, failed: str, mistake: str, says: str
) -> None:
    found = diagnose(layer_from(made), "", PROPERTIES[failed])
    assert found.mistake == MISTAKES[mistake]
    assert says in found.sentence
