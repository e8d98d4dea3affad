"""Two memories kept in step: what is written on one side is seen on the other."""

from collections.abc import Callable

import numpy as np
import pytest

from affine.strategies import LAYOUTS
from affine.worker import Worker

X, W, B = np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.zeros(2)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "longdouble", ">f8"])
def test_a_layout_arrives_as_it_was(dtype: str, worker_of: Callable[..., Worker]) -> None:
    """Values, dtype, strides and the writeable flag, on the way there and back."""
    worker = worker_of(
        """
        def forward(x, w, b):
            told = np.array([*x.strides, x.flags.writeable, x.dtype.num, x.dtype.isnative])
            return x if b[0] else told
        """
    )
    for lay_out in LAYOUTS.values():
        x = lay_out(np.arange(6).reshape(2, 3).astype(dtype))
        told = worker.layer.forward(x, W, np.zeros(1))
        assert list(told) == [*x.strides, x.flags.writeable, x.dtype.num, x.dtype.isnative]
        back = worker.layer.forward(x, W, np.ones(1))
        assert back.dtype == x.dtype
        assert (back.strides, back.flags.writeable) == (x.strides, x.flags.writeable)
        assert np.array_equal(back, x)


def test_what_lies_around_a_view_arrives_too(worker_of: Callable[..., Worker]) -> None:
    """Whoever reads past the strides finds what he would find here."""
    worker = worker_of("def forward(x, w, b): return x.base.view(x.dtype) + 0")
    whole = np.arange(10.0)
    assert np.array_equal(worker.layer.forward(whole[2:8:3], W, B), whole)


def test_one_array_is_one_array_there(worker_of: Callable[..., Worker]) -> None:
    """By identity; and two views of one memory share it."""
    worker = worker_of(
        "def forward(x, w, b): return np.array([x is w, np.shares_memory(x, w), x is b])"
    )
    x = np.eye(3)
    assert list(worker.layer.forward(x, x, B)) == [True, True, False]
    assert list(worker.layer.forward(x, x.T, B)) == [False, True, False]
    assert list(worker.layer.forward(x, x.copy(), x)) == [False, False, True]


def test_what_the_target_writes_is_seen_here(worker_of: Callable[..., Worker]) -> None:
    """Also through a view, and where the array is read-only here."""
    worker = worker_of(
        """
        def forward(x, w, b):
            w.setflags(write=True)
            x[...] = w[...] = 7
            return x @ w + b
        """
    )
    whole, w = np.zeros((4, 6)), np.zeros((3, 2))
    w.setflags(write=False)
    worker.layer.forward(whole[1:3, ::2], w, B)
    assert whole.sum() == 7 * 6
    assert np.array_equal(w, np.full((3, 2), 7))


def test_what_is_written_here_is_seen_there(worker_of: Callable[..., Worker]) -> None:
    """In arguments between calls, and in results that the target keeps."""
    worker = worker_of(
        """
        kept = np.zeros(3)
        def forward(x, w, b):
            return kept if b[0] == 0 else np.append(kept, x)
        """
    )
    x = np.zeros(2)
    kept = worker.layer.forward(x, W, np.zeros(1))
    kept[1] = x[1] = 5
    assert list(worker.layer.forward(x, W, np.ones(1))) == [0, 5, 0, 0, 5]
    kept[2] = 6
    del kept
    assert list(worker.layer.forward(x, W, np.ones(1))) == [0, 5, 6, 0, 5]


def test_results_share_memory_as_they_do_there(worker_of: Callable[..., Worker]) -> None:
    """With arguments, with each other, and with the results of earlier calls."""
    worker = worker_of(
        """
        buffer = np.zeros(100)
        def forward(x, w, b):
            buffer[:4] = b[0]
            return buffer[:4].reshape(2, 2)
        def backward(dout, x, w):
            joint = np.ones((4, 2))
            return x[::-1], joint[:-1], joint[-1]
        """
    )
    x = X.copy()
    out, pullback = worker.layer.vjp(x, W, np.ones(2))
    dx, dw, db = pullback(out)
    assert np.array_equal(dx, x[::-1])
    dx[...] = 3
    assert (x == 3).all()
    assert db.base is not None
    assert not np.may_share_memory(dx, dw)
    later = worker.layer.forward(x, W, np.full(2, 9.0))
    assert np.shares_memory(out, later)
    assert (out == 9).all()


def test_what_ended_here_ends_there(worker_of: Callable[..., Worker]) -> None:
    """Arrays, results and pullbacks: thousands of calls keep nothing alive."""
    worker = worker_of(
        """
        import gc
        def forward(x, w, b):
            alive = [thing for thing in gc.get_objects() if type(thing).__name__ == "Piece"]
            return np.array([len(alive)])
        """
    )
    counts = [worker.layer.vjp(X.copy(), W.copy(), B)[0][0] for _ in range(50)]
    assert max(counts) < 12
