"""What Dask itself costs: many tasks that sleep as long as a check takes, on as many threads."""

import os
import time
from time import perf_counter, process_time

from affine.checker.grade import cluster
from affine.checker.grade.job import Job
from affine.checker.grade.pool import Result, finished
from docs.site_builder.plotting.measured import store, table
from tests.checker.grade.classroom import layer

COUNT = int(os.environ.get("AFFINE_BENCH_TASKS", "2000"))
WORKERS, THREADS = 2, 100
SECONDS = 0.6  # about what a check takes of a processor
_RESULT: Result = {"report": "x" * 30_000, "html": "x" * 5_000}  # as large as that of a wrong layer


def sleep_instead(line: bytes) -> Result:
    """Stand for the check of a job."""
    time.sleep(SECONDS)
    return _RESULT


def main() -> None:
    """Store and print how long it took beside what the sleeping alone takes."""
    try:
        from distributed import LocalCluster
    except ModuleNotFoundError:
        print("  not run: Dask is not installed (pip install 'affine-gradients[cluster]')")
        return
    cluster.judge_here = sleep_instead
    jobs = (Job({"a.py": layer(number).encode()}, "a.py", {}) for number in range(COUNT))
    options = {
        "n_workers": WORKERS,
        "threads_per_worker": THREADS,
        "dashboard_address": "127.0.0.1:0",
    }
    with (
        LocalCluster(**options, host="127.0.0.1") as started,
        cluster.on_a_cluster(started.scheduler_address, False) as (submit, at_once),
    ):
        start, used = perf_counter(), process_time()
        done = sum(1 for _ in finished(jobs, submit, at_once))
        seconds, used = perf_counter() - start, process_time() - used
    assert done == COUNT
    threads = WORKERS * THREADS
    row = {"tasks": COUNT, "s of sleep in each": SECONDS, "threads": threads, "seconds": seconds,
           "times the sleeping alone": seconds * threads / (COUNT * SECONDS),
           "processor ms of Dask for each": 1000 * used / COUNT}  # fmt: skip
    store("cluster", [row])
    print(table("cluster"))


if __name__ == "__main__":
    main()
