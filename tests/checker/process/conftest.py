"""A worker on a target that a test writes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from affine.checker.process.worker import Worker

RIGHT_BACKWARD = """
def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
"""


@pytest.fixture
def worker_of(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start a worker on a target with this forward pass, and a right backward pass.

    It is read by its names: what these targets do is counted, call by call.
    """
    workers = []

    def start(text: str, **settings: Any) -> Worker:
        path = tmp_path / "target.py"
        backward = "" if "def backward" in text else RIGHT_BACKWARD
        path.write_text("import numpy as np\n" + dedent(text) + backward)
        workers.append(Worker(str(path), by_names=True, **settings).__enter__())
        return workers[-1]

    yield start
    for worker in workers:
        worker.__exit__(None, None, None)
