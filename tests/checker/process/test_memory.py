"""Shared memory: how operands reach the child, and what is seen here of what it does to them."""

import gc
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from affine.cases import LAYOUTS
from affine.checker.process.worker import Worker
from affine.layer import Case, Operands, WorkerDied
from affine.oracle import Violation
from affine.properties import PROPERTIES

X, W, B = np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.zeros(2)


@pytest.mark.parametrize("is_lent", [False, True])
def test_a_layout_arrives_as_it_was(is_lent: bool, worker_of: Callable[..., Worker]) -> None:
    """Values, dtype, strides and the writeable flag, of what is lent and of what is copied."""
    worker = worker_of(
        """
        def forward(x, w, b):
            seen = np.array([*x.strides, x.flags.writeable, x.dtype.num, x.dtype.isnative])
            return x if b[0] else seen
        """
    )
    layer = worker.layer
    dtypes = "float64", "float32", "float16", "longdouble", ">f8"
    for lay_out, dtype in product(LAYOUTS.values(), dtypes):
        x = lay_out(np.arange(6).reshape(2, 3).astype(dtype))
        for is_writeable in (True, False):
            if not is_writeable:
                x.flags.writeable = False
            given = layer.memory.lend(x) if is_lent else x
            seen = layer.forward(given, W, np.zeros(1))
            assert list(seen) == [*x.strides, is_writeable, x.dtype.num, x.dtype.isnative]
            back = layer.forward(given, W, np.ones(1))
            assert back.dtype == x.dtype
            assert np.array_equal(back, x)


def test_a_result_keeps_its_order(worker_of: Callable[..., Worker]) -> None:
    """A result in Fortran order is in Fortran order here; any other is in C order."""
    worker = worker_of("def forward(x, w, b): return np.array(x, order='CF'[int(b[0])])[::1]")
    assert worker.layer.forward(X, W, np.zeros(1)).flags.c_contiguous
    assert worker.layer.forward(X, W, np.ones(1)).flags.f_contiguous


def test_results_may_lie_in_a_workspace_that_is_much_larger(
    worker_of: Callable[..., Worker],
) -> None:
    """Those of many calls come in one message: they take no more room than their numbers."""
    worker = worker_of(
        """
        rows = np.empty((700, 5000))
        def forward(x, w, b):
            out = rows[: len(x), : w.shape[1]]
            out[...] = x @ w + b
            return out
        """
    )
    x, w = np.ones((700, 2)), np.ones((2, 3))
    calls = [(x, w, np.full(3, k)) for k in np.arange(24.0)]
    for _ in range(20):  # small ones, so that many of the others are sent together
        worker.layer.forward(x[:1], w, np.zeros(3))
    outs = [results["out"] for results in worker.layer.results_of(calls)]
    assert all(np.array_equal(out, x @ w + k) for k, out in enumerate(outs))


def test_between_the_entries_of_a_view_there_is_nan(worker_of: Callable[..., Worker]) -> None:
    """Whoever reads past the strides shows it."""
    worker = worker_of(
        """
        def forward(x, w, b):
            return np.ndarray(5, x.dtype, x.base, 8 * int(b[0]))
        """
    )
    lent = worker.layer.memory.lend(np.arange(9.0)[2:8:2])
    assert list(lent) == [2, 4, 6]
    there = worker.layer.forward(lent, W, np.zeros(1))
    assert np.array_equal(there, [2, np.nan, 4, np.nan, 6], equal_nan=True)


# ------------------------------------------------------------------ arguments


def test_what_is_written_to_a_lent_argument_is_seen(worker_of: Callable[..., Worker]) -> None:
    """Also through a view, and where the array is read-only; in both directions."""
    worker = worker_of(
        """
        def forward(x, w, b):
            w.setflags(write=True)
            x += 1
            w[...] = 7
            return x @ w + b
        """
    )
    layer = worker.layer
    w = np.zeros((3, 2))
    w.setflags(write=False)
    lent_x, lent_w = layer.memory.lend(np.zeros((4, 6))[1:3, ::2]), layer.memory.lend(w)
    layer.forward(lent_x, lent_w, B)
    assert (lent_x == 1).all()
    assert (lent_w == 7).all()
    lent_x[...] = 10
    layer.forward(lent_x, lent_w, B)
    assert (lent_x == 11).all()


def test_what_is_not_lent_is_a_copy(worker_of: Callable[..., Worker]) -> None:
    """Of every call its own: the layer cannot change what the caller has."""
    worker = worker_of(
        """
        kept = []
        def forward(x, w, b):
            x += 1
            kept.append(x)
            return np.concatenate(kept)
        """
    )
    x = np.zeros(2)
    worker.layer.forward(x, W, B)
    assert list(worker.layer.forward(x, W, B)) == [1, 1, 1, 1]
    assert list(x) == [0, 0]


def test_a_lent_array_is_one_object_there(worker_of: Callable[..., Worker]) -> None:
    """In all calls and in all places; two copies are two."""
    worker = worker_of(
        """
        before = []
        def forward(x, w, b):
            before.append(x)
            return np.array([x is w, np.shares_memory(x, w), before[0] is x])
        """
    )
    layer = worker.layer
    x = layer.memory.lend(np.eye(3))
    assert list(layer.forward(x, x, B)) == [True, True, True]
    assert list(layer.forward(x, x.copy(), B)) == [False, False, True]
    assert list(layer.forward(x.copy(), x, B)) == [False, False, False]


def test_the_operands_of_a_pullback_stay(worker_of: Callable[..., Worker]) -> None:
    """Other calls take other places in the block, until all of it is released."""
    worker = worker_of("def forward(x, w, b): return x @ w + b")
    layer = worker.layer
    _, pullback = layer.vjp(X, W, B)
    for number in range(100):
        layer.results(X + number, W + number, B, X @ W)
    assert np.array_equal(pullback(X @ W)[1], X.T @ X @ W)


def test_the_block_is_used_anew_after_a_release(worker_of: Callable[..., Worker]) -> None:
    """And the child forgets: thousands of calls keep nothing alive, here or there."""
    worker = worker_of(
        """
        import gc
        def forward(x, w, b):
            return np.array([sum(type(one) is np.ndarray for one in gc.get_objects()), x[0, 0]])
        def backward(dout, x, w):
            return x, w, dout
        """
    )
    layer = worker.layer
    large = np.zeros((2000, 1000))  # a quarter of what the block has for operands
    counts = []
    for number in range(50):
        large[0, 0] = number
        counts.append(layer.vjp(large, W, B)[0])
        layer.memory.release()
    assert [count[1] for count in counts] == list(range(50))
    assert max(count[0] for count in counts) == counts[1][0]
    gc.collect()


def test_too_much_at_once_is_refused_here(worker_of: Callable[..., Worker]) -> None:
    """And so is what is no number; the process goes on."""
    worker = worker_of("def forward(x, w, b): return x @ w + b")
    with pytest.raises(MemoryError, match=r"an array of shape \(9000, 1000\) does not fit"):
        worker.layer.forward(np.zeros((9000, 1000)), W, B)
    with pytest.raises(TypeError, match="an array of objects cannot travel"):
        worker.layer.forward(np.array([None]), W, B)
    with pytest.raises(TypeError, match="an argument is list: only arrays"):
        worker.layer.forward([[1.0]], W, B)
    assert worker.layer.forward(X, W, B).shape == (2, 2)
    assert worker.restarts == 0


def test_a_lent_array_outlives_its_process(worker_of: Callable[..., Worker]) -> None:
    """Whoever still holds it finds what was in it: its memory ends with it, not before."""
    worker = worker_of("def forward(x, w, b): return x + 1")
    lent = worker.layer.memory.lend(np.arange(1e5))
    worker.layer.forward(lent, W, B)
    worker.__exit__(None, None, None)
    del worker
    gc.collect()
    assert np.array_equal(lent, np.arange(1e5))


def test_what_a_failure_shows_is_a_copy(worker_of: Callable[..., Worker]) -> None:
    """The block is used anew after the property: a report must not show what is there then."""
    worker = worker_of("def forward(x, w, b):\n    x += 1\n    return x @ w + b")
    point = Operands(X, W, B, X @ W)
    with pytest.raises(Violation) as caught:
        PROPERTIES["arguments_are_not_modified"](worker.layer, Case(point, point))
    worker.layer.results(*point.map(lambda array: array * 0 - 7))
    assert np.array_equal(caught.value.got, X + 1)


# ------------------------------------------------------------------ results


def test_a_result_is_read_again(worker_of: Callable[..., Worker]) -> None:
    """It is a private copy; what the layer's own object holds by now, is asked for."""
    worker = worker_of(
        """
        buffer = np.zeros(3)
        def forward(x, w, b):
            buffer[...] = b[0]
            return buffer
        """
    )
    layer = worker.layer
    first = layer.forward(X, W, np.ones(1))
    layer.forward(X, W, np.full(1, 2.0))
    assert list(first) == [1, 1, 1]
    assert list(layer.memory.read(first)) == [2, 2, 2]
    other = np.ones(2)
    assert layer.memory.read(other) is not other


def test_a_result_is_overwritten_there(worker_of: Callable[..., Worker]) -> None:
    """Where it can be written to."""
    worker = worker_of(
        """
        kept = [np.zeros(3), np.zeros(3)]
        kept[1].flags.writeable = False
        def forward(x, w, b):
            return kept[int(b[0])]
        """
    )
    layer = worker.layer
    results = [layer.forward(X, W, np.full(1, number)) for number in (0.0, 1.0)]
    layer.memory.overwrite([*results, X])
    assert np.isnan(layer.memory.read(results[0])).all()
    assert list(layer.memory.read(results[1])) == [0, 0, 0]
    assert np.isfinite(X).all()


def test_what_shares_memory_there_is_said(worker_of: Callable[..., Worker]) -> None:
    """Results with lent arguments and with each other."""
    worker = worker_of(
        """
        def forward(x, w, b): return x @ w + b
        def backward(dout, x, w):
            joint = np.ones((4, 2))
            return x[::-1], joint[:2], joint[1]
        """
    )
    layer = worker.layer
    x, w, b, dout = map(layer.memory.lend, (X, W, B, X @ W))
    results = layer.results(x, w, b, dout)
    arrays = [np.zeros(1), x, w, b, dout, *results.values()]
    assert layer.memory.sharing(arrays) == [(1, 6), (7, 8)]


def test_what_was_lent_and_never_given_shares_nothing(worker_of: Callable[..., Worker]) -> None:
    """As dout, where the layer is given N·dout in its place."""
    worker = worker_of("def forward(x, w, b): return x")
    layer = worker.layer
    x, dout = map(layer.memory.lend, (X, X))
    assert layer.memory.sharing([x, dout, layer.forward(x, W, B)]) == [(0, 2)]
    assert worker.restarts == 0


def test_results_of_a_process_that_has_ended_are_what_they_were(
    worker_of: Callable[..., Worker],
) -> None:
    """What was lent goes on, in the next process."""
    worker = worker_of(
        """
        import os
        def forward(x, w, b):
            if b[0]: os._exit(1)
            x += 1
            return x
        """
    )
    layer = worker.layer
    x = layer.memory.lend(np.zeros(2))
    out = layer.forward(x, W, np.zeros(1))
    with pytest.raises(WorkerDied):
        layer.forward(x, W, np.ones(1))
    assert list(layer.memory.read(out)) == [1, 1]
    assert list(layer.forward(x, W, np.zeros(1))) == [2, 2]


def test_thousands_of_fresh_arrays_are_what_they_are(worker_of: Callable[..., Worker]) -> None:
    """Whatever NumPy does when an array ends: 2.5 frees its data before anybody is told."""
    worker = worker_of("def forward(x, w, b): return x @ w + b")
    layer, draw = worker.layer, np.random.default_rng(0)
    for number in range(1500):
        n, d, m = draw.integers(1, 9, 3)
        x, w, b, dout = (draw.normal(size=size) for size in ((n, d), (d, m), m, (n, m)))
        got = layer.results(x, w, b, dout)
        assert np.array_equal(got["out"], x @ w + b)
        assert np.array_equal(got["dw"], x.T @ dout)
        if number % 7 == 0:
            layer.memory.release()


def test_calls_in_one_message_are_calls(worker_of: Callable[..., Worker]) -> None:
    """In order, each with its own results; what raises, raises where its turn comes."""
    worker = worker_of(
        """
        calls = 0
        def forward(x, w, b):
            global calls
            calls += 1
            if b[0] == 40:
                raise ZeroDivisionError("forty")
            return np.array([calls, b[0]])
        """
    )
    got = worker.layer.results_of((X, W, np.full(2, float(k))) for k in range(60))
    assert [list(next(got)["out"]) for _ in range(40)] == [[k + 1, k] for k in range(40)]
    with pytest.raises(Exception, match="ZeroDivisionError: forty"):
        next(got)
