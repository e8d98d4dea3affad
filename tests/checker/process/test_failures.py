"""How a layer in a child process fails: what it raises, returns and does to its process."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest

from affine.checker.exceptions import TargetRaised
from affine.checker.process.worker import Worker
from affine.layer import Case, Operands, WorkerDied
from affine.oracle import Violation
from affine.properties import PROPERTIES

X, W, B = np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.zeros(2)


def test_an_exception_is_raised_here(worker_of: Callable[..., Worker]) -> None:
    """As an Exception, with its line; a TypeError and a ValueError stay what they are."""
    worker = worker_of(
        """
        def forward(x, w, b):
            if b[0] == 0: raise TypeError("no")
            if b[0] == 1: np.ones(2) @ np.ones(3)
            if b[0] == 2: raise UnicodeError
            if b[0] == 3: raise SystemExit(3)
            if b[0] == 4: raise type("Odd", (BaseException,), {})("x")
            raise type("Dumb", (Exception,), {"__str__": None})
        """
    )
    expected = [
        (TypeError, "TypeError: no (target.py:4)"),
        (ValueError, "ValueError: matmul"),
        (ValueError, "UnicodeError (target.py:6)"),
        (TargetRaised, "SystemExit: 3 (target.py:7)"),
        (TargetRaised, "Odd: x (target.py:8)"),
        (TargetRaised, "Dumb: its message"),
    ]
    for number, (family, message) in enumerate(expected):
        with pytest.raises(TargetRaised) as caught:
            worker.layer.forward(X, W, np.full(2, float(number)))
        assert isinstance(caught.value, family)
        assert type(caught.value).__name__ == "TargetRaised"
        assert str(caught.value).startswith(message)
    assert worker.restarts == 0


def test_a_process_that_ends_is_started_again(worker_of: Callable[..., Worker]) -> None:
    """The call is lost, the pullbacks of that process too, and the next call works."""
    worker = worker_of(
        """
        import os
        def forward(x, w, b):
            if b[0] == 1:
                os._exit(3)
            return x @ w + b
        """
    )
    _, pullback = worker.layer.vjp(X, W, B)
    with pytest.raises(WorkerDied, match=r"the process ended in this call \(exit status 3\)"):
        worker.layer.forward(X, W, np.ones(2))
    with pytest.raises(WorkerDied, match="the process of this forward pass has ended"):
        pullback(X @ W)
    assert np.array_equal(worker.layer.forward(X, W, B), X @ W)
    assert worker.restarts == 1


def test_no_answer_in_time_ends_the_process(worker_of: Callable[..., Worker]) -> None:
    """Whatever the process does about signals."""
    worker = worker_of("def forward(x, w, b):\n    while True: pass", timeout=0.3)
    with pytest.raises(WorkerDied, match=r"no answer in this call within 0\.3 s"):
        worker.layer.forward(X, W, B)


def test_warnings_are_given_again_with_their_line(worker_of: Callable[..., Worker]) -> None:
    """And by a class of that name."""
    worker = worker_of(
        """
        import warnings
        def forward(x, w, b):
            warnings.warn("old", DeprecationWarning)
            return x / 0
        """
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        worker.layer.forward(X[:, :1] + 1, W, B)
    assert [(each.category.__name__, str(each.message)) for each in caught] == [
        ("DeprecationWarning", "old (target.py:5)"),
        ("RuntimeWarning", "divide by zero encountered in divide (target.py:6)"),
    ]


RESULTS = {
    "[[1.0]]": "out is list, but should be a NumPy array",
    "None": "out is NoneType, but",
    "3.5": "out is float, but",
    "{'out': 1}": "out is dict, but",
    "np.float64(1)": "out is float64, but",
    "np.array([[None]])": "out is of dtype object, but",
    "np.array([['a']])": "out is of dtype <U1, but",
    "np.array([[1j]])": "out has dtype complex128, but should be floating",
    "np.zeros(1, 'f8,i4')": r"out is of dtype .*f0.*, but",
    "np.broadcast_to(1.0, (10**6, 10**6))": "out is too large, of shape",
}


def test_a_result_that_is_none_is_named(worker_of: Callable[..., Worker]) -> None:
    """It never breaks the connection, and the oracle says what is wrong with it."""
    worker = worker_of(f"def forward(x, w, b): return [{', '.join(RESULTS)}][int(b[0])]")
    one = np.ones((1, 1))
    for number, message in enumerate(RESULTS.values()):
        point = Operands(one, one, np.full(1, float(number)), one)
        with pytest.raises(Violation, match=message):
            PROPERTIES["forward_is_x_w_plus_b"](worker.layer, Case(point, point))
    assert worker.restarts == 0


def test_the_state_of_the_process_is_that_of_the_child(worker_of: Callable[..., Worker]) -> None:
    """A call that changes it is seen, also the second one that resets the same seed."""
    worker = worker_of(
        """
        import random
        def forward(x, w, b):
            if b[0] == 1: np.random.seed(0)
            if b[0] == 2: random.seed(0)
            if b[0] == 3: np.seterr(divide="ignore")
            return x
        """
    )
    for b in (0, 1, 0, 1, 2, 0, 2, 3):
        assert bool(worker.layer.state_changes(X, W, np.array([b]), X @ W)) == bool(b), b
