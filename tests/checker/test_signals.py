"""Ctrl-C and SIGTERM end the command at once, in every moment of it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from affine.checker.terminal import Interrupted, end_by_exception

INTERRUPTED = (130, "", "interrupted: there is no verdict\n")
TERMINATED = (143, "", "terminated: there is no verdict\n")
ENDS = [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]

BUSY = """
from contextlib import contextmanager
from pathlib import Path
from time import sleep

@contextmanager
def opened():
    try:
        Path("open").touch()
        yield
    finally:
        sleep(0.5)
        Path("open").unlink()
"""


def ended_by(
    code: str, number: int, folder: Path, times: int = 1, **environment: str
) -> tuple[int, str, str]:
    """Run a program, signal to it once it has made a file named open, and return how it ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
    )
    until = time.monotonic() + 60
    while not (folder / "open").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.1)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("inside", "times", "number", "ended"),
    [
        ("_checked", 1, *ENDS[0]),
        ("_checked", 2, *ENDS[1]),
        ("_deliver", 2, *ENDS[0]),
        ("_deliver", 1, *ENDS[1]),
    ],
)
def test_what_is_open_is_closed(
    inside: str, times: int, number: int, ended: tuple[int, str, str], tmp_path: Path
) -> None:
    """During the check and during the report; a second signal does not interrupt the end."""
    code = f"""{BUSY}
import sys
from affine.checker import cli

def busy(*given, **more):
    with opened():
        sleep(60)

cli._checked = lambda target, **chosen: None
cli.{inside} = busy
sys.argv = ["affine", "check", "mine.py"]
cli.main()
"""
    assert ended_by(code, number, tmp_path, times) == ended
    assert not (tmp_path / "open").exists()


def test_an_end_that_a_callback_swallows_is_asked_for_again(tmp_path: Path) -> None:
    """Hypothesis has a callback of the garbage collector, from which nothing can be raised."""
    code = f"""{BUSY}
import gc, signal
from affine.checker.terminal import Interrupted, end_by_exception

end_by_exception()

def callback(phase, info):
    gc.callbacks.clear()
    signal.raise_signal(signal.SIGINT)

gc.callbacks.append(callback)
try:
    Path("open").touch()
    gc.collect()
    sleep(60)
except Interrupted as ended:
    print(ended)
"""
    code_, out, err = ended_by(code, 0, tmp_path)
    assert (code_, out, err) == (0, INTERRUPTED[2], "")


def test_a_command_in_the_background_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell without job control lets it ignore Ctrl-C, which is meant for others."""
    handlers = {number: signal.getsignal(number) for number, _ in ENDS}
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_by_exception()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGTERM)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
