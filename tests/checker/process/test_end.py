"""What a worker leaves when it ends: nothing."""

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep

import numpy as np
import psutil
import pytest

from affine.checker.process.worker import Worker

X, W, B = np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.zeros(2)


def held() -> tuple[int, int, int]:
    """Return how many open files, threads and children this process has."""
    gc.collect()  # the block of a worker ends with the last array that lies in it
    here = psutil.Process()
    files = here.num_fds() if sys.platform != "win32" else len(here.open_files())
    return files, here.num_threads(), len(here.children(recursive=True))


def runs(number: int) -> bool:
    """Whether a process does something; one that nobody has collected yet does not."""
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_worker_after_worker_nothing_grows() -> None:
    """Open files, threads, processes."""
    counts = []
    for _ in range(4):
        with Worker("affine") as worker:
            worker.layer.results(X, W, B, X @ W)
        counts.append(held())
    assert counts[1:] == [counts[0]] * 3


def test_a_worker_that_was_never_asked_ends_too() -> None:
    """While its process still loads the target."""
    with Worker("affine"):
        pass
    before = held()
    with pytest.raises(RuntimeError), Worker("affine"):
        raise RuntimeError
    assert held() == before


@pytest.mark.filterwarnings("ignore")  # of a program that still runs
@pytest.mark.skipif(sys.platform == "win32", reason="sessions are a matter of POSIX")
def test_what_the_target_started_ends_with_it(
    worker_of: Callable[..., Worker], tmp_path: Path
) -> None:
    """Also in a session of its own, and after its parent has ended."""
    pids = tmp_path / "pids"
    worker = worker_of(
        f"""
        import subprocess, sys
        note = "import os, time; open({str(pids)!r}, 'a').write(str(os.getpid()) + ' ');"
        sleep = note + "time.sleep(600)"
        twice = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', %r])" % sleep
        def forward(x, w, b):
            for program in (sleep, twice):
                subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
            return x @ w + b
        """
    )
    worker.layer.forward(X, W, B)
    while not pids.exists() or len(pids.read_text().split()) < 2:
        sleep(0.01)
    worker.__exit__(None, None, None)
    assert not any(map(runs, map(int, pids.read_text().split())))


def test_the_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """Also while the target loops: a grader that is stopped leaves nothing behind."""
    target = tmp_path / "target.py"
    target.write_text("import os\nprint(os.getpid(), flush=True)\nwhile True: pass\n")
    parent = (
        "import sys, time\nfrom affine.checker.process.worker import Worker\n"
        "with Worker(sys.argv[1]) as worker:\n"
        "    while not worker.output: time.sleep(0.01)\n"
        "    print(worker.output, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent, str(target)], stdout=subprocess.PIPE, text=True
    ) as checker:
        assert checker.stdout is not None
        child = int(checker.stdout.readline())
        checker.kill()
    for _ in range(500):
        if not runs(child):
            return
        sleep(0.01)
    pytest.fail("the child still runs")
