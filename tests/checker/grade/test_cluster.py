"""Grading on a cluster of Dask: three workers on this machine, one of them lost."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from affine.checker.grade import cluster
from tests.checker.command_line import main
from tests.checker.grade.classroom import classroom, layer
from tests.checker.grade.test_grade import QUICK, handed_in, verdicts, without_seconds

distributed = pytest.importorskip("distributed", reason="Dask is not installed")

# Dask warns of the ports and the sockets of others.
pytestmark = [pytest.mark.exhaustive, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """Give a cluster that gives up a task whose second worker is lost."""
    import dask

    options = {"n_workers": 3, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(**options, host="127.0.0.1") as started,
    ):
        yield started


def test_a_cluster_gives_the_results_of_one_machine(tmp_path: Path, workers: Any) -> None:
    """Also where a worker is lost in the middle."""
    classroom(tmp_path / "class", 12)
    folder, quick = str(tmp_path / "class"), QUICK[:2]
    assert main("grade", folder, "--out", str(tmp_path / "here"), *quick).code == 0
    address = ("--scheduler", workers.scheduler_address)
    process = next(iter(workers.workers.values())).process.pid
    judged = tmp_path / "there" / "judged"

    def kill_after_the_first() -> None:
        while not any(judged.glob("*.json")):
            time.sleep(0.01)
        os.kill(process, signal.SIGKILL)

    killing = Thread(target=kill_after_the_first, daemon=True)
    killing.start()
    assert main("grade", folder, "--out", str(tmp_path / "there"), *quick, *address).code == 0
    assert not killing.is_alive()
    assert without_seconds(tmp_path / "there") == without_seconds(tmp_path / "here")


def test_a_submission_that_ends_its_worker_twice_is_given_up(tmp_path: Path, workers: Any) -> None:
    """The process of a worker is the parent of the warm one, which is that of the judge."""
    ends = "import os, psutil, signal\n" + (
        "for parent in psutil.Process().parents():\n"
        "    if 'spawn_main' in ' '.join(parent.cmdline()):\n"
        "        os.kill(parent.pid, signal.SIGKILL)\n"
        "        break\n"
    )
    folder = handed_in(tmp_path / "class", ada=layer(1), ends=ends + layer(2))
    address = ("--scheduler", workers.scheduler_address)
    assert main("grade", folder, "--out", str(tmp_path / "out"), *QUICK, *address).code == 0
    assert verdicts(tmp_path / "out") == {"ada": "right", "ends": "not judged"}
    record = without_seconds(tmp_path / "out")
    assert "its worker was lost each time" in record["submissions"][1]["reason"]


def test_a_cluster_that_cannot_be_used_is_refused(
    tmp_path: Path, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = handed_in(tmp_path / "class", ada=layer(1))
    monkeypatch.setattr(cluster, "_PATIENCE", 0.5)
    ended = main("grade", folder, "--scheduler", "tcp://127.0.0.1:9")
    assert (ended.code, "no scheduler of Dask answers at tcp://127.0.0.1:9" in ended.err) == (
        2,
        True,
    )
    monkeypatch.setattr("affine.__version__", "0.0")
    ended = main("grade", folder, "--scheduler", workers.scheduler_address)
    assert (ended.code, "here it is 0.0: install the same" in ended.err) == (2, True)


def test_workers_without_a_sandbox_are_refused(tmp_path: Path, monkeypatch: Any) -> None:
    """Whatever this machine has: they are asked."""
    folder = handed_in(tmp_path / "class", ada=layer(1))
    monkeypatch.setenv("PATH", str(tmp_path))  # that of the workers too
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(**options, host="127.0.0.1") as started:
        monkeypatch.undo()
        ended = main("grade", folder, "--sandbox", "--scheduler", started.scheduler_address)
    assert (ended.code, "--sandbox needs bubblewrap" in ended.err) == (2, True)
