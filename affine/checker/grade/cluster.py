"""The same work on many machines: Dask hands out the jobs, again where a worker is lost."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import affine
from affine.checker.grade.pool import Pool, Result, Submit
from affine.checker.grade.sandbox import require

_PATIENCE = 10.0
_WAITING_PER_THREAD = 4  # so that none of them has to wait for this process
_POOL = Pool()  # of a worker: it begins with the first job there


class ClusterError(Exception):
    """The cluster cannot be used; the message says what to do."""


def judge_here(line: bytes) -> Result:
    """Judge a job, as a task of a worker of Dask."""
    return _POOL.judge(line)


def _version() -> str:
    return affine.__version__


@contextmanager
def on_a_cluster(address: str, is_confined: bool) -> Iterator[tuple[Submit, int]]:
    """Judge on the workers of a scheduler, such as `tcp://10.0.0.1:8786`.

    Raises:
        ClusterError: Dask is not installed, nobody answers, or the workers are others.
        NoSandbox: A worker has none, where submissions shall be confined.
    """
    try:
        from distributed import Client, KilledWorker
    except ModuleNotFoundError as error:
        remedy = "pip install 'affine-gradients[cluster]'"
        raise ClusterError(f"--scheduler needs Dask: {remedy}") from error
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        why = f"no scheduler of Dask answers at {address}: {error}"
        raise ClusterError(f"{why}; start one: dask scheduler") from error

    def submit(line: bytes) -> "Future[Result]":
        answer = Future[Result]()

        def settle(task: "Future[Result]") -> None:
            try:
                answer.set_result(task.result())
            except KilledWorker as error:
                answer.set_result({"gave_up": f"given up: its worker was lost each time ({error})"})
            except Exception as error:
                answer.set_exception(error)

        tasks.submit(judge_here, line).add_done_callback(settle)
        return answer

    with client:
        threads = _threads(client, address)
        if is_confined:
            client.run(require)
        tasks = client.get_executor(pure=False)
        yield submit, _WAITING_PER_THREAD * threads


def _threads(client: Any, address: str) -> int:
    """Return how many jobs the workers take at once, which must have this version of affine."""
    threads = sum(client.nthreads().values())
    if not threads:
        raise ClusterError(f"{address} has no workers; start some: dask worker {address}")
    try:
        versions = set(client.run(_version).values())
    except Exception as error:
        why = f"the workers of {address} cannot import affine: {error}"
        raise ClusterError(f"{why}; install affine-gradients there") from error
    if versions != {affine.__version__}:
        there = f"{address} has workers with affine {', '.join(sorted(versions))}"
        raise ClusterError(f"{there}; here it is {affine.__version__}: install the same")
    return int(threads)
