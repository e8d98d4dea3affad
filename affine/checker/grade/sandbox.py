"""Isolation beyond a process: bubblewrap, where the machine has it."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_PROCESSES, _FILES = 1_000, 512
_BYTES, _BYTES_OF_A_FILE = 2**32, 2**28  # no smaller than the block of memory for operands


class NoSandbox(Exception):
    """This machine has no sandbox; the message says what to do."""


def wrapper(folder: str) -> list[str]:
    """Return what a command is run by, so that it can write to one folder, and reach nobody.

    It sees the files of the machine, but no network and no process outside.
    """
    hidden = ("/tmp", "/var/tmp")
    seen: list[str] = []
    for path in sorted([sys.prefix, *filter(None, sys.path)]):  # this package may lie in /tmp
        is_hidden = any(Path(path).is_relative_to(place) for place in hidden)
        if is_hidden and not any(Path(path).is_relative_to(place) for place in seen):
            seen.append(path)
    shown = [option for path in seen for option in ("--ro-bind", path, path)]
    return [
        "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev",
        "--proc", "/proc", "--tmpfs", hidden[0], "--tmpfs", hidden[1], *shown,
        "--bind", folder, folder, "--chdir", folder,
    ]  # fmt: skip


def require() -> None:
    """Find out whether there is a sandbox.

    Raises:
        NoSandbox: bubblewrap is not installed, or the system does not let it work.
    """
    if not shutil.which("bwrap"):
        raise NoSandbox(
            "--sandbox needs bubblewrap: install it, such as apt-get install bubblewrap"
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [*wrapper(folder), sys.executable, "-c", ""]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = f"bubblewrap does not work here: {done.stderr.strip()}"
        raise NoSandbox(f"{why}; allow user namespaces, or grade in a container")


def limit() -> None:
    """Limit what this process and those that it starts take of memory, processes and files."""
    import resource

    for what, most in (
        (resource.RLIMIT_AS, _BYTES), (resource.RLIMIT_FSIZE, _BYTES_OF_A_FILE),
        (resource.RLIMIT_NPROC, _PROCESSES), (resource.RLIMIT_NOFILE, _FILES),
    ):  # fmt: skip
        _, allowed = resource.getrlimit(what)
        most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(what, (most, most))
